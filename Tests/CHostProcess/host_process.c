#define _GNU_SOURCE
#include "CHostProcess.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>

uint64_t host_affinity(void) {
    cpu_set_t set;
    uint64_t processors = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    for (int i = 0; i < 64; i++)
        if (CPU_ISSET(i, &set)) processors |= 1ull << i;
    return processors;
}

int host_set_affinity(uint64_t processors) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < 64; i++)
        if (processors >> i & 1) CPU_SET(i, &set);
    return sched_setaffinity(0, sizeof set, &set);
}
#else
uint64_t host_affinity(void) {
    return 0;
}
int host_set_affinity(uint64_t processors) {
    return (void)processors, -1;
}
#endif

int host_fork(int32_t (*body)(int32_t), int32_t argument, int seconds) {
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) _exit(body(argument));
    int status = 0;
    for (int turn = 0; turn < seconds * 200; turn++) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
        if (ended < 0 && errno != EINTR) return -1;
        usleep(5000);
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return -1;
}

struct call {
    int32_t (*body)(int32_t);
    int32_t argument, result;
};

static void *run(void *argument) {
    struct call *call = argument;
    call->result = call->body(call->argument);
    return 0;
}

int32_t host_run_on_new_thread(int32_t (*body)(int32_t), int32_t argument) {
    struct call call = {body, argument, -1};
    pthread_t thread;
    if (pthread_create(&thread, 0, run, &call) != 0) return -1;
    pthread_join(thread, 0);
    return call.result;
}
