package io.jbox.program;

/** Carries out effects. An effect that a visitor does not handle does not occur in its plans. */
public interface EffectVisitor {
    default void claim(ClaimEffect effect) {
        other(effect);
    }

    default void bridgeUp(NetworkEffect.BridgeUp effect) {
        other(effect);
    }

    default void lockBox(Effect.LockBox effect) {
        other(effect);
    }

    default void register(NetworkEffect.Register effect) {
        other(effect);
    }

    default void writeRecord(Effect.WriteRecord effect) {
        other(effect);
    }

    default void settle(Effect.Settle effect) {
        other(effect);
    }

    default void keepFilter(Effect.KeepFilter effect) {
        other(effect);
    }

    default void hook(Effect.Hook effect) {
        other(effect);
    }

    default void template(Effect.Template effect) {
        other(effect);
    }

    default void loadProfile(Effect.LoadProfile effect) {
        other(effect);
    }

    default void holdTrees(Effect.HoldTrees effect) {
        other(effect);
    }

    default void assemble(Effect.Assemble effect) {
        other(effect);
    }

    default void findBox(Effect.FindBox effect) {
        other(effect);
    }

    default void openTerminal(Effect.OpenTerminal effect) {
        other(effect);
    }

    default void hostProgram(Effect.HostProgram effect) {
        other(effect);
    }

    default void journal(NetworkEffect.Journal effect) {
        other(effect);
    }

    default void writePid(Effect.WritePid effect) {
        other(effect);
    }

    default void makeCaches(Effect.MakeCaches effect) {
        other(effect);
    }

    default void makeAgentFolder(Effect.MakeAgentFolder effect) {
        other(effect);
    }

    default void journalMove(NetworkEffect.JournalMove effect) {
        other(effect);
    }

    default void routeSocket(NetworkEffect.RouteSocket effect) {
        other(effect);
    }

    default void enterCgroup(Effect.EnterCgroup effect) {
        other(effect);
    }

    default void pinNamespaces(Effect.PinNamespaces effect) {
        other(effect);
    }

    default void forwardSignals(ForegroundEffect.ForwardSignals effect) {
        other(effect);
    }

    default void carry(ForegroundEffect.Carry effect) {
        other(effect);
    }

    default void carryTerminal(ForegroundEffect.CarryTerminal effect) {
        other(effect);
    }

    default void awaitEnd(ForegroundEffect.AwaitEnd effect) {
        other(effect);
    }

    default void removeCgroups(ForegroundEffect.RemoveCgroups effect) {
        other(effect);
    }

    default void removeUpper(ForegroundEffect.RemoveUpper effect) {
        other(effect);
    }

    /** Carries out an effect that has no method of its own here. */
    default void other(Effect effect) {
        throw new IllegalArgumentException(effect.notation() + ": not in a plan of this kind");
    }
}
