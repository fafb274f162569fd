# shellcheck shell=bash
# hello.sh: sourced by the others. What a JVM costs: a hello-world main with an archive of its classes.

# The flags that jbox runs with.
flags='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xlog:disable -Xlog:all=off -Duser.language=en -Duser.country=US'

# jdks: the folders of the JDKs 17 and 25 that are installed.
jdks() {
    for jdk in /usr/lib/jvm/*-17-* /usr/lib/jvm/*-25-*; do
        if [ -x "$jdk/bin/javac" ] && [ ! -h "$jdk" ]; then echo "$jdk"; fi
    done
}

# hello_of JDK FOLDER ROOT: sets version and hello (the command), and waits until jbox of ROOT has its own archive.
hello_of() {
    local jdk=$1 folder=$2 root=$3 classes make use
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$jdk/release")
    classes=$folder/$version
    mkdir "$classes"
    cat >"$folder/Hello.java" <<'J'
public class Hello {
    public static void main(String[] args) {
        System.out.println("hello");
    }
}
J
    "$jdk/bin/javac" --release 17 -d "$classes" "$folder/Hello.java"
    "$jdk/bin/jar" cf "$classes.jar" -C "$classes" Hello.class
    if [ "$version" -ge 25 ]; then make=-XX:AOTCacheOutput= use=-XX:AOTCache=; else make=-XX:ArchiveClassesAtExit= use=-XX:SharedArchiveFile=; fi
    # shellcheck disable=SC2086 # flags are words
    "$jdk/bin/java" $flags "$make$classes.jsa" -cp "$classes.jar" Hello >/dev/null 2>&1
    # shellcheck disable=SC2034 # for who sources this
    hello="$jdk/bin/java $flags $use$classes.jsa -cp $classes.jar Hello"
    JAVA_HOME=$jdk "$root/bin/jbox" version >/dev/null
    for _ in $(seq 120); do
        [ -z "$(find /var/cache/jbox -name "*.$version.jsa" -newer "$root/target/dist/lib/jbox.jar" 2>/dev/null | head -1)" ] || break
        sleep 0.5
    done
}
