// Statistics of rows that follow each other in memory.
//
// Some rows are walked together, so that their sums are added up in one tree, but no row's numbers
// depend on its neighbours: a row gets the same bits in any company.
#ifndef ROWS_STATISTICS_H
#define ROWS_STATISTICS_H

#include "../sums/exact_sums.h"
#include "../sums/pivots.h"

#ifndef ROWS
// Rows that are walked together, where there are so many: they share scale and shift.
#define ROWS 4
// Rows whose statistics are found before the first of them is written, where they are short: the
// roots and quotients of all are taken in vectors, and nothing waits for one row's.
#define BATCH 32
// The bytes of a batch at most, unless a few rows are more: it stays in the first-level cache.
#define BATCH_BYTES (24 << 10)
#endif

// How a row is cut into vectors: whole ones, then one for the last values, of which some lanes were
// in the vector before, or lie behind the row where it is shorter than a vector.
typedef struct {
    long n;       // the values of a row
    long stride;  // between rows, at least a vector
    long whole;   // values in whole vectors
    long tail;    // where the vector of the last values begins, where whole < n
    NAME(ivec) valid;
} NAME(row_shape);

INLINE NAME(row_shape) NAME(shape_of)(long n) {
    const long rest = n % N;
    if (n < N) return (NAME(row_shape)){n, N, 0, 0, NAME(lanes)() < (INT)n};
    return (NAME(row_shape)){n, n, n - rest, n - N, NAME(lanes)() >= (INT)(N - rest)};
}

// Mean, what rounding took from it, and squares, of the rows of a batch.
typedef struct {
    double mean[BATCH], correction[BATCH], squares[BATCH];
} NAME(row_moments);

// Two sums of each row of a batch.
typedef struct {
    double first[BATCH], second[BATCH];
} NAME(row_sums);

typedef long NAME(eight_mask) __attribute__((ext_vector_type(8)));

// Eight numbers in the element type.
INLINE void NAME(store_rounded)(T *p, NAME(eight) v) {
    typedef T narrow __attribute__((ext_vector_type(8)));
    const narrow rounded = __builtin_convertvector(v, narrow);
    __builtin_memcpy(p, &rounded, sizeof rounded);
}

// The sums of the lanes of `rows` pairs of vectors, 1 or ROWS, added as `reduce` adds them, as
// those of row i on.
INLINE void NAME(reduce_rows)(int rows, const NAME(sums) sums[ROWS], long i, NAME(row_sums) *to) {
    if (rows == 1) {
        to->first[i] = NAME(reduce)(sums[0].sum);
        to->second[i] = NAME(reduce)(sums[0].products);
        return;
    }
    // Sums and products take turns, then rows do.
    NAME(eight) folded[ROWS];
    for (int r = 0; r < ROWS; r++) {
        const NAME(eight) a = NAME(fold)(sums[r].sum), b = NAME(fold)(sums[r].products);
        folded[r] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
                    __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
    NAME(eight) pairs[ROWS / 2];
    for (int r = 0; r < ROWS / 2; r++) {
        const NAME(eight) a = folded[2 * r], b = folded[2 * r + 1];
        pairs[r] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
                   __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
    }
    const NAME(eight) a = pairs[0], b = pairs[1];
    const NAME(eight) all = __builtin_shufflevector(a, b, 0, 4, 8, 12, 2, 6, 10, 14) +
                            __builtin_shufflevector(a, b, 1, 5, 9, 13, 3, 7, 11, 15);
    __builtin_memcpy(to->first + i, &all, ROWS * sizeof(double));
    __builtin_memcpy(to->second + i, (const double *)&all + ROWS, ROWS * sizeof(double));
}

// x, or x + addend, of a vector.
INLINE VEC NAME(row_value)(int adds, const E *x, const E *addend, long at) {
    const VEC v = NAME(fetch)(x + at);
    return adds ? v + NAME(fetch)(addend + at) : v;
}

INLINE void NAME(add_deviation)(int centered, WIDE d, NAME(sums) *to) {
    if (centered) to->sum += d;
    to->products += d * d;
}

INLINE void NAME(add_to_run)(int centered, VEC v, VEC pivot, NAME(run) *to) {
    const VEC d = centered ? v - pivot : v;
    if (centered) to->sum += d;
    to->products += d * d;
}

// Sums of the deviations of one row from a pivot, and of their squares, in runs of half a chunk.
INLINE NAME(sums) NAME(sum_row)(int adds, int centered, const E *x, const E *addend,
                                const NAME(row_shape) *s, T pivot) {
    const VEC k = (VEC)pivot;
    NAME(sums) all = {0, 0};
    for (long j = 0;;) {
        NAME(run) even = {0, 0}, odd = {0, 0};
        const long stop = NAME(at_most)(s->whole, j + CHUNK);
        for (; j + 2 * N <= stop; j += 2 * N) {
            NAME(add_to_run)(centered, NAME(row_value)(adds, x, addend, j), k, &even);
            NAME(add_to_run)(centered, NAME(row_value)(adds, x, addend, j + N), k, &odd);
        }
        if (j < stop) {
            NAME(add_to_run)(centered, NAME(row_value)(adds, x, addend, j), k, &even);
            j += N;
        }
        const int is_last = j == s->whole;
        if (is_last && s->whole < s->n) {
            // Those outside are their own pivot.
            const VEC other = centered ? k : (VEC)0;
            const VEC v = NAME(row_value)(adds, x, addend, s->tail);
            NAME(add_to_run)(centered, s->valid ? v : other, k, &odd);
        }
        if (centered) all.sum += NAME(widen)(even.sum + odd.sum);
        all.products += NAME(widen)(even.products + odd.products);
        if (is_last) return all;
    }
}

// The same, all in double, for what a run cannot hold.
OUTLINED NAME(sums) NAME(sum_row_exactly)(int centered, const E *x, const E *addend,
                                          const NAME(row_shape) *s, double pivot) {
    const WIDE k = centered ? (WIDE)pivot : (WIDE)0;
    NAME(sums) all = {0, 0};
    for (long j = 0; j < s->whole; j += N)
        NAME(add_deviation)(centered, NAME(widen)(NAME(row_value)(addend != 0, x, addend, j)) - k,
                            &all);
    if (s->whole < s->n) {
        const WIDE d = NAME(widen)(NAME(row_value)(addend != 0, x, addend, s->tail)) - k;
        const NAME(wide_mask) valid = __builtin_convertvector(s->valid, NAME(wide_mask));
        NAME(add_deviation)(centered, valid ? d : (WIDE)0, &all);
    }
    return all;
}

// Squares of deviations from the mean, from sums over deviations from a pivot.
INLINE double NAME(squares)(double sum, double products, double n) {
    return products - sum * sum / n;
}

// Whether that difference has lost more than two bits, or half a bit of doubles.
INLINE int NAME(has_cancelled)(double squares, double products) {
    return squares < products * (sizeof(T) == sizeof(double) ? 0.75 : 0.25);
}

// Whether a run could not hold a row.
INLINE int NAME(row_is_lost)(double sum, double products, double n) {
    return sizeof(T) < sizeof(double) && NAME(is_lost)(sum, products, n * LEAST_PRODUCT);
}

// Whether the sums of a row are to be taken again; sum is 0 where rows are not centered.
INLINE int NAME(is_wrong)(double sum, double products, double n) {
    return NAME(row_is_lost)(sum, products, n) |
           NAME(has_cancelled)(NAME(squares)(sum, products, n), products);
}

// A row that a run could not hold, again in double; one whose pivot lay far from its mean, again
// from the mean that this gave, and once more: a mean found with an outlier for a pivot may be far
// off itself.
OUTLINED void NAME(sum_again)(int centered, const E *x, const E *addend, const NAME(row_shape) *s,
                              double *pivot, double *sum, double *products) {
    const double n = (double)s->n;
    int is_lost = NAME(row_is_lost)(*sum, *products, n);
    for (int walks = is_lost ? 3 : 2; walks > 0; walks--) {
        if (!is_lost) *pivot = (double)(T)(*pivot + *sum / n);
        is_lost = 0;
        const NAME(sums) all = sizeof(T) < sizeof(double)
                                   ? NAME(sum_row_exactly)(centered, x, addend, s, *pivot)
                               : addend ? NAME(sum_row)(1, 1, x, addend, s, (T)*pivot)
                                        : NAME(sum_row)(0, 1, x, addend, s, (T)*pivot);
        *sum = NAME(reduce)(all.sum);
        *products = NAME(reduce)(all.products);
        if (!NAME(has_cancelled)(NAME(squares)(*sum, *products, n), *products)) return;
    }
}

// What the deviations of a row are taken from: halfway between two of its values, which is exact
// where they are equal, or one, where that is not finite. More would take as long as a short row.
INLINE T NAME(row_pivot)(int adds, const E *x, const E *addend, long n) {
    const long i = n / 4, j = 3 * n / 4;
    T a = NAME(fetch_one)(x + i), b = NAME(fetch_one)(x + j);
    if (adds) a += NAME(fetch_one)(addend + i);
    if (adds) b += NAME(fetch_one)(addend + j);
    const T middle = (a + b) / 2;
    return middle - middle == 0 ? middle : a;
}

// Rows in a batch.
INLINE long NAME(batch_rows)(long n, int tensors) {
    const long fit = BATCH_BYTES / (n * (long)sizeof(T) * tensors) / ROWS * ROWS;
    return fit < ROWS ? ROWS : NAME(at_most)(fit, BATCH);
}

// Pivots and sums of `rows` rows, 1 or ROWS, as those of row i of the batch on.
INLINE void NAME(find_sums)(int rows, int adds, int centered, const E *x, const E *addend,
                            const NAME(row_shape) *s, long i, double *pivot, NAME(row_sums) *to) {
    NAME(sums) sums[ROWS];
    for (int r = 0; r < rows; r++) {
        const E *row = x + (i + r) * s->stride, *added = adds ? addend + (i + r) * s->stride : 0;
        const T near = centered ? NAME(row_pivot)(adds, row, added, s->n) : 0;
        pivot[i + r] = (double)near;
        sums[r] = NAME(sum_row)(adds, centered, row, added, s, near);
    }
    NAME(reduce_rows)(rows, sums, i, to);
}

// The moments of a batch of `count` rows; tables hold whole vectors.
INLINE void NAME(find_moments)(int adds, int centered, const E *x, const E *addend,
                               const NAME(row_shape) *s, long count, NAME(row_moments) *m) {
    double pivot[BATCH] = {0};
    NAME(row_sums) sums = {{0}, {0}};
    long i = 0;
    for (; i + ROWS <= count; i += ROWS)
        NAME(find_sums)(ROWS, adds, centered, x, addend, s, i, pivot, &sums);
    for (; i < count; i++) NAME(find_sums)(1, adds, centered, x, addend, s, i, pivot, &sums);
    const double n = (double)s->n;
    int wrong = 0;
    for (i = 0; i < count; i++) wrong |= NAME(is_wrong)(sums.first[i], sums.second[i], n);
    for (i = 0; wrong && i < count; i++) {
        if (NAME(is_wrong)(sums.first[i], sums.second[i], n))
            NAME(sum_again)(centered, x + i * s->stride, adds ? addend + i * s->stride : 0, s,
                            pivot + i, sums.first + i, sums.second + i);
    }
    // A product with 1/n where a quotient would be a unit in the last place of a double nearer.
    const double share = 1 / n;
    for (i = 0; i < count; i += 8) {
        const NAME(eight) sum = NAME(load_eight)(sums.first + i);
        NAME(eight) squares = NAME(load_eight)(sums.second + i), mean = 0, correction = 0;
        if (centered) {
            const NAME(eight) base = NAME(load_eight)(pivot + i), offset = sum * share;
            squares = squares - sum * offset;
            squares = squares < 0 ? (NAME(eight))0 : squares;
            mean = base + offset;
            correction = (base - mean) + offset;
        }
        __builtin_memcpy(m->mean + i, &mean, sizeof mean);
        __builtin_memcpy(m->correction + i, &correction, sizeof correction);
        __builtin_memcpy(m->squares + i, &squares, sizeof squares);
    }
}

INLINE void NAME(write_moments)(long count, const NAME(row_moments) *m,
                                const ckernels_row_statistics *s, long at) {
    for (long i = 0; s->mean && i < count; i++) s->mean[at + i] = m->mean[i];
    for (long i = 0; s->correction && i < count; i++) s->correction[at + i] = m->correction[i];
    for (long i = 0; s->squares && i < count; i++) s->squares[at + i] = m->squares[i];
}

#endif
