#include "CMPI.h"

#ifdef CMPI_ENABLED

#if __has_include(<mpi.h>)
#include <mpi.h>
#elif __has_include(<mpi/mpi.h>)
// Where Debian has the header of whichever implementation is chosen. MPICH's includes its
// prototypes as if that folder were on the path.
#define MPICH_SUPPRESS_PROTOTYPES
#include <mpi/mpi.h>
#ifdef MPICH_VERSION
#include <mpi/mpi_proto.h>
#endif
#else
#error \
    "the trait MPI needs MPI's header: apt-get install libopenmpi-dev, or set CPATH to its folder"
#endif

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct cmpi_communicator {
    MPI_Comm communicator;
    int rank;
    int size;
};

static int level(int threads) {
    if (threads >= MPI_THREAD_MULTIPLE) return CMPI_THREAD_MULTIPLE;
    if (threads >= MPI_THREAD_SERIALIZED) return CMPI_THREAD_SERIALIZED;
    return threads >= MPI_THREAD_FUNNELED ? CMPI_THREAD_FUNNELED : CMPI_THREAD_SINGLE;
}

int cmpi_begin(int *threads, bool *began) {
    int flag = 0, provided = MPI_THREAD_SINGLE;
    *began = false;
    int code = MPI_Initialized(&flag);
    if (code != MPI_SUCCESS) return code;
    if (flag) {
        code = MPI_Query_thread(&provided);
    } else {
        // A caller may come from another thread each time, but never from two at once.
        code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
        *began = code == MPI_SUCCESS;
    }
    *threads = level(provided);
    return code;
}

bool cmpi_is_running(void) {
    int begun = 0, ended = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    return begun && !ended;
}

bool cmpi_is_main_thread(void) {
    int flag = 0;
    return MPI_Is_thread_main(&flag) == MPI_SUCCESS && flag;
}

int cmpi_end(void) {
    return cmpi_is_running() ? MPI_Finalize() : MPI_SUCCESS;
}

/// Takes a communicator over, with errors that are returned and do not end the process.
static int take(MPI_Comm communicator, cmpi_communicator **made) {
    int code = MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN);
    cmpi_communicator *result = malloc(sizeof *result);
    if (result) {
        result->communicator = communicator;
        if (code == MPI_SUCCESS) code = MPI_Comm_rank(communicator, &result->rank);
        if (code == MPI_SUCCESS) code = MPI_Comm_size(communicator, &result->size);
    } else {
        code = CMPI_NO_MEMORY;
    }
    if (code != MPI_SUCCESS) {
        MPI_Comm_free(&communicator);
        free(result);
        return code;
    }
    *made = result;
    return MPI_SUCCESS;
}

int cmpi_duplicate(const int *handle, cmpi_communicator **made) {
    MPI_Comm original = handle ? MPI_Comm_f2c((MPI_Fint)*handle) : MPI_COMM_WORLD, copy;
    int code = MPI_Comm_dup(original, &copy);
    return code == MPI_SUCCESS ? take(copy, made) : code;
}

int cmpi_split(const cmpi_communicator *communicator, int color, int key,
               cmpi_communicator **made) {
    MPI_Comm part;
    int code = MPI_Comm_split(communicator->communicator, color, key, &part);
    return code == MPI_SUCCESS ? take(part, made) : code;
}

void cmpi_free(cmpi_communicator *communicator) {
    if (cmpi_is_running()) MPI_Comm_free(&communicator->communicator);
    free(communicator);
}

int cmpi_rank(const cmpi_communicator *communicator) {
    return communicator->rank;
}
int cmpi_size(const cmpi_communicator *communicator) {
    return communicator->size;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// One collective; with a deadline, in steps that look at the clock.
static int gather(const cmpi_communicator *c, const void *send, int count, void *receive,
                  MPI_Datatype place, double deadline) {
    if (deadline < 0)
        return MPI_Allgather(send, count, MPI_BYTE, receive, 1, place, c->communicator);
    MPI_Request request;
    int code = MPI_Iallgather(send, count, MPI_BYTE, receive, 1, place, c->communicator, &request);
    int done = 0;
    while (code == MPI_SUCCESS && !done) {
        code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (!done && now() > deadline) return CMPI_TIMED_OUT;
        if (!done) sched_yield();
    }
    return code;
}

/// The same in parts of `most` bytes; each rank's part goes to its own place among all of its
/// bytes.
static int gather_parts(const cmpi_communicator *c, const char *send, size_t bytes, char *receive,
                        size_t most, double deadline) {
    int code = MPI_SUCCESS;
    for (size_t first = 0; first < bytes && code == MPI_SUCCESS; first += most) {
        int count = (int)(bytes - first < most ? bytes - first : most);
        MPI_Datatype run, place;
        code = MPI_Type_contiguous(count, MPI_BYTE, &run);
        if (code != MPI_SUCCESS) break;
        code = MPI_Type_create_resized(run, 0, (MPI_Aint)bytes, &place);
        MPI_Type_free(&run);
        if (code != MPI_SUCCESS) break;
        code = MPI_Type_commit(&place);
        if (code == MPI_SUCCESS)
            code = gather(c, send + first, count, receive + first, place, deadline);
        MPI_Type_free(&place);
    }
    return code;
}

int cmpi_allgather(const cmpi_communicator *c, const void *send, size_t bytes, void *receive,
                   size_t most, double seconds) {
    if (bytes == 0) return MPI_SUCCESS;
    if (most == 0 || most > INT32_MAX) most = INT32_MAX;
    if (seconds < 0 && bytes <= most)
        return MPI_Allgather(send, (int)bytes, MPI_BYTE, receive, (int)bytes, MPI_BYTE,
                             c->communicator);
    if (seconds < 0) return gather_parts(c, send, bytes, receive, most, -1);
    // MPI may write after the time is over, so not to the caller's memory.
    size_t all = bytes * (size_t)c->size;
    char *memory = malloc(bytes + all);
    if (!memory) return CMPI_NO_MEMORY;
    memcpy(memory, send, bytes);
    int code = gather_parts(c, memory, bytes, memory + bytes, most, now() + seconds);
    if (code == MPI_SUCCESS) memcpy(receive, memory + bytes, all);
    if (code != CMPI_TIMED_OUT) free(memory);
    return code;
}

void cmpi_abort(const cmpi_communicator *communicator, int code) {
    MPI_Abort(communicator->communicator, code);
}

void cmpi_error_text(int code, char *text, size_t length) {
    char buffer[MPI_MAX_ERROR_STRING] = "";
    int count = 0;
    if (code == CMPI_NO_MEMORY)
        snprintf(buffer, sizeof buffer, "no memory");
    else
        MPI_Error_string(code, buffer, &count);
    snprintf(text, length, "%s", buffer);
}

#endif
