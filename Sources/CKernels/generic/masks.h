// Runs of bits in a mask: bit i is bit i % 8 of byte i / 8, and stands for element i.
#pragma once

#include "compiler.h"

// Writes bits one after another into a mask where they are zero. The bytes at both ends of a run
// may hold bits of a neighbour, which another thread may be writing.
typedef struct {
    unsigned char *to;
    unsigned long waiting;  // fewer than 8 bits, from bit 0 on, between two calls
    int count;
    int shares_first;
} bit_writer;

INLINE bit_writer bits_from(unsigned char *mask, long first) {
    return (bit_writer){mask + (first >> 3), 0, first & 7, (first & 7) != 0};
}

OUTLINED void or_byte(unsigned char *byte, unsigned bits) {
    if (bits & 0xff) __atomic_fetch_or(byte, (unsigned char)bits, __ATOMIC_RELAXED);
}

// Appends n <= 16 bits; those behind the n-th are zero. `whole` is constant, and says that n is 8
// or 16.
INLINE void add_bits(bit_writer *w, unsigned bits, int n, int whole) {
    w->waiting |= (unsigned long)bits << w->count;
    if (whole && !w->shares_first) {
        __builtin_memcpy(w->to, &w->waiting, n / 8);
        w->to += n / 8;
        w->waiting >>= n;
        return;
    }
    for (w->count += n; w->count >= 8; w->count -= 8) {
        if (w->shares_first)
            or_byte(w->to++, (unsigned)w->waiting);
        else
            *w->to++ = (unsigned char)w->waiting;
        w->shares_first = 0;
        w->waiting >>= 8;
    }
}

INLINE void end_bits(bit_writer *w) {
    or_byte(w->to, (unsigned)w->waiting);
}

// The `count` bits from bit `first` on, count <= 16; no byte is read that holds none of them.
INLINE unsigned bits_at(const unsigned char *mask, long first, long count) {
    const int shift = first & 7;
    const unsigned char *from = mask + (first >> 3);
    unsigned bits = from[0];
    if (shift + count > 8) bits |= (unsigned)from[1] << 8;
    if (shift + count > 16) bits |= (unsigned)from[2] << 16;
    return (bits >> shift) & ((1u << count) - 1);
}
