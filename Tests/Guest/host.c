// A host program with one thread that loads a plugin, calls it, and unloads it.
//
// Usage: host plugin
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *message) {
    fprintf(stderr, "guest test: %s\n", message);
    exit(1);
}

static void let_signal(int how) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(how, &set, 0);
}

// A daemon that fetches a signal when it has time, and has blocked it, though not from the first
// call on.
static void check_signal(void) {
    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    let_signal(SIG_BLOCK);
    kill(getpid(), SIGUSR1);
    usleep(20000);
    sigpending(&pending);
    if (!sigismember(&pending, SIGUSR1)) fail("a helper took the host's signal");
    int signal;
    if (sigwait(&set, &signal) != 0 || signal != SIGUSR1) fail("the host's signal is lost");
}

static void check_fork(int (*call)(int)) {
    pid_t child = fork();
    if (child == 0) {
        cpu_set_t before, after;
        sched_getaffinity(0, sizeof before, &before);
        int failed = call(8);
        sched_getaffinity(0, sizeof after, &after);
        _exit(failed || !CPU_EQUAL(&before, &after));
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) fail("a child of a fork failed");
}

int main(int argc, char **argv) {
    if (argc != 2) fail("usage: host plugin");
    for (int turn = 0; turn < 3; turn++) {
        // Blocked while OpenBLAS is loaded, which starts threads of its own that block nothing
        // else.
        let_signal(SIG_BLOCK);
        void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (!plugin) fail(dlerror());
        int (*call)(int) = (int (*)(int))dlsym(plugin, "guest_call");
        if (!call) fail(dlerror());
        let_signal(SIG_UNBLOCK);
        if (call(4) != 0) fail("a call failed");
        check_signal();
        check_fork(call);
        if (call(4) != 0) fail("a call after a fork failed");
        // Helpers are awake now, and later asleep.
        if (dlclose(plugin) != 0) fail(dlerror());
        usleep(20000);
    }
    puts("guest test: signals, forks and unloading passed");
    return 0;
}
