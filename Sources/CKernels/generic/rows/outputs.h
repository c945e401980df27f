// Outputs of rows that follow each other in memory: each is walked twice, for its statistics and
// for its output, while it is in the first-level cache or the second.
#ifndef ROWS_OUTPUTS_H
#define ROWS_OUTPUTS_H

#include "coefficients.h"
#include "narrow.h"

#ifndef ROW_MODES
#define ROW_MODES
// What a walk computes, at compile time: y alone, y of a sum that is written too, or all that an
// output may have.
enum { ROW_PLAIN, ROW_ADDS, ROW_GENERAL };
#endif

// The pointers of a walk, to the first of some rows; null where unused.
typedef struct {
    const T *scale, *shift;
    const E *x, *addend, *residual, *g;
    E *sum, *y;
    T negative_slope;
    int activation;
} NAME(row_tensors);

INLINE const E *NAME(row_at)(const E *p, long at) {
    return p ? p + at : 0;
}

INLINE NAME(row_tensors) NAME(rows_from)(const NAME(row_tensors) *v, long at) {
    NAME(row_tensors) from = *v;
    from.x = v->x + at;
    from.addend = NAME(row_at)(v->addend, at);
    from.residual = NAME(row_at)(v->residual, at);
    from.g = NAME(row_at)(v->g, at);
    from.sum = (E *)NAME(row_at)(v->sum, at);
    from.y = (E *)NAME(row_at)(v->y, at);
    return from;
}

// What follows the normalization: a residual and an activation, or the way back through it.
INLINE VEC NAME(row_epilogue)(const NAME(row_tensors) *v, VEC z, VEC g, long at) {
    if (v->residual) z += NAME(fetch)(v->residual + at);
    return v->g ? NAME(activation_backward)(g, z, v->activation, v->negative_slope)
                : NAME(activate)(z, v->activation, v->negative_slope);
}

// y of a vector of row r of the batch, which lies at `at`, from h and g there.
INLINE VEC NAME(row_result)(int mode, const NAME(row_tensors) *v, const NAME(row_coefficients) *k,
                            long r, long at, VEC h, VEC g, VEC scale, VEC shift) {
    const VEC normalized = (h - k->center[r]) * k->scale[r] + k->shift[r];
    const VEC z = normalized * scale + shift;
    return mode == ROW_GENERAL ? NAME(row_epilogue)(v, z, g, at) : z;
}

INLINE VEC NAME(row_gradient_at)(int mode, const NAME(row_tensors) *v, long at) {
    return mode == ROW_GENERAL && v->g ? NAME(fetch)(v->g + at) : (VEC)(T)0;
}

INLINE void NAME(put_row)(E *y, VEC v, int non_temporal) {
    if (non_temporal)
        NAME(stream)(y, v);
    else
        NAME(place)(y, v);
}

// What will be read when these rows are written.
INLINE void NAME(prefetch_rows)(int mode, const NAME(row_tensors) *v, long at) {
    __builtin_prefetch(v->x + at);
    if (mode == ROW_ADDS) __builtin_prefetch(v->addend + at);
}

// Where some rows of a batch lie.
typedef struct {
    long first;  // of the batch
    long ahead;  // values from a row to the same row of the next batch
} NAME(row_place);

// The vectors at position j of some rows, into y and the sum. All loads come before the first
// store: rows often lie a multiple of 4 KB apart, and a load waits for a store to the same place in
// another page. What is read ahead is read in its order.
INLINE void NAME(write_vectors)(int mode, int rows, const NAME(row_tensors) *v,
                                const NAME(row_coefficients) *k, NAME(row_place) p, long j,
                                long stride, int non_temporal) {
    const VEC scale = NAME(load)(v->scale + j), shift = NAME(load)(v->shift + j);
    VEC h[ROWS], y[ROWS];
    for (int r = 0; r < rows; r++) {
        const long at = (p.first + r) * stride + j;
        NAME(prefetch_rows)(mode, v, p.first * stride + p.ahead + rows * j + r * N);
        h[r] = NAME(row_value)(mode == ROW_ADDS, v->x, v->addend, at);
        y[r] = NAME(row_result)(mode, v, k, p.first + r, at, h[r],
                                NAME(row_gradient_at)(mode, v, at), scale, shift);
    }
    for (int r = 0; r < rows; r++) {
        const long at = (p.first + r) * stride + j;
        if (mode == ROW_ADDS) NAME(put_row)(v->sum + at, h[r], non_temporal);
        NAME(put_row)(v->y + at, y[r], non_temporal);
    }
}

// `count` values of row r, those of lanes `lane` on of the vector at position j.
INLINE void NAME(write_lanes)(int mode, const NAME(row_tensors) *v, const NAME(row_coefficients) *k,
                              long r, long j, long stride, long lane, long count) {
    const long at = r * stride + j;
    const VEC h = NAME(row_value)(mode == ROW_ADDS, v->x, v->addend, at);
    const VEC y = NAME(row_result)(mode, v, k, r, at, h, NAME(row_gradient_at)(mode, v, at),
                                   NAME(load)(v->scale + j), NAME(load)(v->shift + j));
    if (mode == ROW_ADDS) NAME(place_lanes)(v->sum + at + lane, h, lane, count);
    NAME(place_lanes)(v->y + at + lane, y, lane, count);
}

// y of `rows` rows, a vector of all of them at a time: they share scale and shift.
INLINE void NAME(map_rows)(int mode, int rows, const NAME(row_tensors) *v, const NAME(row_shape) *s,
                           const NAME(row_coefficients) *k, NAME(row_place) p) {
    // Where y is where x is, the last vector of a row holds values that the one before it writes.
    VEC last_h[ROWS], last_g[ROWS];
    const int has_tail = s->whole < s->n;
    for (int r = 0; has_tail && r < rows; r++) {
        const long at = (p.first + r) * s->stride + s->tail;
        last_h[r] = NAME(row_value)(mode == ROW_ADDS, v->x, v->addend, at);
        last_g[r] = NAME(row_gradient_at)(mode, v, at);
    }
    for (long j = 0; j < s->whole; j += N)
        NAME(write_vectors)(mode, rows, v, k, p, j, s->stride, 0);
    for (int r = 0; has_tail && r < rows; r++) {
        const long at = (p.first + r) * s->stride + s->tail;
        const VEC y =
            NAME(row_result)(mode, v, k, p.first + r, at, last_h[r], last_g[r],
                             NAME(load)(v->scale + s->tail), NAME(load)(v->shift + s->tail));
        if (mode == ROW_ADDS) NAME(place)(v->sum + at, last_h[r]);
        NAME(place)(v->y + at, y);
    }
}

// The same past the caches, where rows are whole vectors that begin `head` values before a
// boundary.
INLINE void NAME(stream_rows)(int mode, int rows, const NAME(row_tensors) *v,
                              const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                              NAME(row_place) p, long head) {
    for (int r = 0; head && r < rows; r++)
        NAME(write_lanes)(mode, v, k, p.first + r, 0, s->stride, 0, head);
    for (long j = head; j + N <= s->n; j += N)
        NAME(write_vectors)(mode, rows, v, k, p, j, s->stride, 1);
    for (int r = 0; head && r < rows; r++)
        NAME(write_lanes)(mode, v, k, p.first + r, s->n - N, s->stride, head, N - head);
}

// Values before a boundary of cache lines, the same in each row; negative where stores cannot go
// past the caches.
INLINE long NAME(row_head)(const ckernels_row_output *o) {
    if (!o->non_temporal || o->block.width % N || (unsigned long)o->y % sizeof(E)) return -1;
    const long head = NAME(head)(o->y, N);
    if (!o->sum) return head;
    return (unsigned long)o->sum % sizeof(E) || NAME(head)(o->sum, N) != head ? -1 : head;
}

INLINE void NAME(write_some_rows)(int mode, int rows, const NAME(row_tensors) *v,
                                  const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                                  NAME(row_place) p, long head) {
    if (head >= 0)
        NAME(stream_rows)(mode, rows, v, s, k, p, head);
    else
        NAME(map_rows)(mode, rows, v, s, k, p);
}

// A batch of `count` rows from row `at` on; returns how many come before the first that is left to
// the caller.
INLINE long NAME(write_batch)(int mode, const ckernels_row_output *o,
                              const NAME(row_tensors) *tensors, const NAME(row_shape) *s, long at,
                              long count, long head) {
    const NAME(row_tensors) v = NAME(rows_from)(tensors, at * s->stride);
    NAME(row_coefficients) k;
    const NAME(coefficient_tables) tables = NAME(tables_of)(&k);
    if (mode == ROW_GENERAL && o->statistics_are_known) {
        NAME(read_coefficients)(&o->statistics, at, count, (double)s->n, &o->rule, &tables);
        count = NAME(kept_rows)(&k, count);
    } else {
        NAME(row_moments) m;
        if (o->rule.centered)
            NAME(find_moments)(mode == ROW_ADDS, 1, v.x, v.addend, s, count, &m);
        else
            NAME(find_moments)(mode == ROW_ADDS, 0, v.x, v.addend, s, count, &m);
        for (long i = 0; i < count; i += 8)
            NAME(set_coefficients)(NAME(load_eight)(m.mean + i), NAME(load_eight)(m.correction + i),
                                   NAME(load_eight)(m.squares + i), 1 / (double)s->n, &o->rule, i,
                                   &tables);
        count = NAME(kept_rows)(&k, count);
        NAME(write_moments)(count, &m, &o->statistics, at);
    }
    NAME(row_place) p = {0, NAME(batch_rows)(s->n, 1) * s->stride};
    if (!v.y) return count;
    for (; p.first + ROWS <= count; p.first += ROWS)
        NAME(write_some_rows)(mode, ROWS, &v, s, &k, p, head);
    for (; p.first < count; p.first++) NAME(write_some_rows)(mode, 1, &v, s, &k, p, head);
    return count;
}

// One instance a mode, so that the others do not take its registers. What it is told is copied: a
// store to a tensor could else be one to it.
#define WRITE_ROWS(name, MODE)                                                                    \
    OUTLINED long NAME(name)(const ckernels_row_output *output, const NAME(row_tensors) *tensors, \
                             const NAME(row_shape) *shape, long first, long head) {               \
        const ckernels_row_output o = *output;                                                    \
        const NAME(row_tensors) v = *tensors;                                                     \
        const NAME(row_shape) s = *shape;                                                         \
        const long batch = NAME(batch_rows)(s.n, 1);                                              \
        for (long r = first; r < o.block.rows;) {                                                 \
            const long count = NAME(at_most)(o.block.rows - r, batch);                            \
            const long written = NAME(write_batch)(MODE, &o, &v, &s, r, count, head);             \
            r += written;                                                                         \
            if (written < count) return r;                                                        \
        }                                                                                         \
        return o.block.rows;                                                                      \
    }
WRITE_ROWS(write_plain_rows, ROW_PLAIN)
WRITE_ROWS(write_summed_rows, ROW_ADDS)
WRITE_ROWS(write_general_rows, ROW_GENERAL)
#undef WRITE_ROWS

INLINE long NAME(write_any_rows)(const ckernels_row_output *o, const NAME(row_tensors) *v,
                                 const NAME(row_shape) *s, long first, long head) {
    if (v->addend) return NAME(write_summed_rows)(o, v, s, first, head);
    if (v->residual || v->g || o->activation != CKERNELS_IDENTITY || o->statistics_are_known)
        return NAME(write_general_rows)(o, v, s, first, head);
    return NAME(write_plain_rows)(o, v, s, first, head);
}

// Rows shorter than a vector, some at a time, in scratch memory where each has a vector.
OUTLINED long NAME(write_narrow_rows)(const ckernels_row_output *o, const NAME(row_tensors) *v,
                                      const NAME(row_shape) *s, long first,
                                      NAME(narrow_rows) *wide) {
    const long n = s->n;
    NAME(row_tensors) w = *v;
    w.scale = NAME(spread_table)(v->scale, n, wide->scale);
    w.shift = NAME(spread_table)(v->shift, n, wide->shift);
    long r = first;
    while (r < o->block.rows) {
        const long rows = NAME(at_most)(o->block.rows - r, NARROW_ROWS), at = r * n;
        w.x = NAME(spread)(v->x + at, rows, n, wide->x);
        w.addend = NAME(spread)(NAME(row_at)(v->addend, at), rows, n, wide->addend);
        w.residual = NAME(spread)(NAME(row_at)(v->residual, at), rows, n, wide->residual);
        w.g = NAME(spread)(NAME(row_at)(v->g, at), rows, n, wide->g);
        w.sum = v->sum ? wide->sum : 0;
        w.y = v->y ? wide->y : 0;
        ckernels_row_output some = *o;
        some.block.rows = rows;
        some.statistics = statistics_from(&o->statistics, r);
        const long written = NAME(write_any_rows)(&some, &w, s, 0, -1);
        if (v->sum) NAME(gather_rows)(wide->sum, written, n, v->sum + at);
        if (v->y) NAME(gather_rows)(wide->y, written, n, v->y + at);
        r += written;
        if (written < rows) break;
    }
    return r;
}

static long NAME(write_long_rows)(const ckernels_row_output *o, long first, void *scratch) {
    const NAME(row_shape) s = NAME(shape_of)(o->block.width);
    const NAME(row_tensors) v = {o->scale,     o->shift,    o->x,
                                 o->addend,    o->residual, o->g,
                                 o->sum,       o->y,        (T)o->negative_slope,
                                 o->activation};
    if (s.n < N) return NAME(write_narrow_rows)(o, &v, &s, first, scratch);
    return NAME(write_any_rows)(o, &v, &s, first, NAME(row_head)(o));
}

#endif
