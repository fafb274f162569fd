package hello;

/** Greets whoever is named. */
public final class Greeting {
    private Greeting() {}

    static String of(String name) {
        return "Hello, " + name + ".";
    }

    public static void main(String[] args) {
        System.out.println(of(args.length > 0 ? args[0] : "box"));
    }
}
