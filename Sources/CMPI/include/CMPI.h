// The few calls of MPI that NormalizationMPI makes, without MPI's types: these are macros over
// symbols in one implementation and casts of integers in another, of which Swift imports neither.
//
// Compiled where the package trait MPI is on; every function gives MPI's code, 0 where all is well.
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct cmpi_communicator cmpi_communicator;

/// MPI's levels of thread support, in their order.
enum cmpi_threads {
    CMPI_THREAD_SINGLE,
    CMPI_THREAD_FUNNELED,
    CMPI_THREAD_SERIALIZED,
    CMPI_THREAD_MULTIPLE,
};

/// What a collective with a limit of time gives when the time is over; no code of MPI is negative.
enum { CMPI_TIMED_OUT = -1, CMPI_NO_MEMORY = -2 };

/// Begins MPI, unless somebody has.
///
/// `threads` receives the level that is provided, `began` whether it was begun here.
int cmpi_begin(int *threads, bool *began);

/// Whether MPI can be called: begun and not ended.
bool cmpi_is_running(void);

/// Whether this is the thread that began MPI.
bool cmpi_is_main_thread(void);

/// Ends MPI, unless somebody has.
int cmpi_end(void);

/// Collective: a communicator of its own with the ranks of another, named by its Fortran handle, or
/// of all processes.
int cmpi_duplicate(const int *handle, cmpi_communicator **made);

/// Collective: a communicator for each color, its ranks in the order of their keys.
int cmpi_split(const cmpi_communicator *communicator, int color, int key, cmpi_communicator **made);

/// Gives a communicator back to MPI, if that is running; its memory in any case.
void cmpi_free(cmpi_communicator *communicator);

int cmpi_rank(const cmpi_communicator *communicator);
int cmpi_size(const cmpi_communicator *communicator);

/// Collective: gathers `bytes` of every rank in `receive`, in rank order.
///
/// At most `most` bytes a rank go at a time, since MPI counts in int. With `seconds` below 0 it
/// waits for ever; else until so many are over, and then the communicator cannot be used again: MPI
/// may still hold memory for it, which is not given back.
int cmpi_allgather(const cmpi_communicator *communicator, const void *send, size_t bytes,
                   void *receive, size_t most, double seconds);

/// Ends every process of the communicator.
void cmpi_abort(const cmpi_communicator *communicator, int code);

/// Writes what MPI says of a code, at most `length` bytes with the zero at the end.
void cmpi_error_text(int code, char *text, size_t length);
