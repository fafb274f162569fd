package io.jbox.program;

import java.util.List;

/** What jbox does for a box's network besides system calls. */
public sealed interface NetworkEffect extends Effect
        permits NetworkEffect.BridgeUp,
                NetworkEffect.Register,
                NetworkEffect.Journal,
                NetworkEffect.JournalMove,
                NetworkEffect.RouteSocket {
    /** Brings up a jbox bridge that all boxes share. */
    record BridgeUp(String bridge) implements NetworkEffect {
        @Override
        public String notation() {
            return EffectText.shown("bring_up", List.of(Arg.text(bridge)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.bridgeUp(this);
        }
    }

    /** Registers the box's addresses and names on the bridge. */
    record Register(String box) implements NetworkEffect {
        @Override
        public String notation() {
            return EffectText.shown("register", List.of(Arg.text(box)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.register(this);
        }
    }

    /** Records an interface that must be given back to the host. */
    record Journal(String file, RouteArg.LinkState link) implements NetworkEffect {
        @Override
        public String notation() {
            return EffectText.shown("journal", List.of(Arg.text(file), link));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.journal(this);
        }
    }

    /**
     * Records where a host interface has moved to.
     *
     * @param link its name on the host
     * @param inside its name in the box
     */
    record JournalMove(String file, String link, String inside) implements NetworkEffect {
        @Override
        public String notation() {
            return EffectText.shown("moved", List.of(Arg.text(file), Arg.text(link), Arg.text(inside)));
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.journalMove(this);
        }
    }

    /** Opens a socket for rtnetlink in a network of a user namespace, by a child process that enters both. */
    record RouteSocket(Descriptor network, Descriptor socket) implements NetworkEffect {
        @Override
        public String notation() {
            return EffectText.shown("route_socket", List.of(Arg.fd(network))) + " = " + socket;
        }

        @Override
        public Descriptor result() {
            return socket;
        }

        @Override
        public void by(EffectVisitor visitor) {
            visitor.routeSocket(this);
        }
    }
}
