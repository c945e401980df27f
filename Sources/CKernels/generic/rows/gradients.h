// Gradients of rows that follow each other in memory: each is walked for its two means and again
// for its input gradient, while the sums over rows go along its values.
#ifndef ROWS_GRADIENTS_H
#define ROWS_GRADIENTS_H

#include "gradient_sums.h"
#include "narrow.h"

#ifndef GRADIENT_MODES
#define GRADIENT_MODES
// What a walk computes, at compile time.
enum { GRADIENT_INPUT = 1, GRADIENT_PARAMETERS = 2, GRADIENT_ADDS = 4 };
#endif

// dx of a vector of row r of the batch, from x and g there, and what it adds to that of scale.
INLINE VEC NAME(gradient_result)(int mode, const NAME(row_coefficients) *k,
                                 const NAME(gradient_coefficients) *c, long r, VEC x, VEC g,
                                 VEC scale, VEC *product) {
    const VEC normalized = NAME(normalized)(x, k, r);
    if (mode & GRADIENT_PARAMETERS) *product = g * normalized;
    if (!(mode & GRADIENT_INPUT)) return x;
    return ((g * scale - c->center[r]) - normalized * c->slope[r]) * k->scale[r] + c->constant[r];
}

// Some rows' vectors, added to a sum. Four are added up before they are widened: two additions
// round each no more than twice. A lane in which that overflows is added row by row; no other
// lane's bits depend on it.
INLINE void NAME(add_row_vectors)(int rows, const VEC v[ROWS], WIDE *to) {
    if (rows == ROWS && sizeof(T) < sizeof(double)) {
        const VEC sum = (v[0] + v[1]) + (v[2] + v[3]);
        const NAME(ivec) holds = sum - sum == 0;
        if (__builtin_expect(__builtin_reduce_and(holds), -1)) {
            *to += NAME(widen)(sum);
            return;
        }
        WIDE each = 0;
        for (int r = 0; r < rows; r++) each += NAME(widen)(v[r]);
        *to += __builtin_convertvector(holds, NAME(wide_mask)) ? NAME(widen)(sum) : each;
        return;
    }
    for (int r = 0; r < rows; r++) *to += NAME(widen)(v[r]);
}

// The same of both sums over rows, at position j.
INLINE void NAME(add_parameters)(int rows, const NAME(gradient_tensors) *v, long j,
                                 const VEC products[ROWS], const VEC g[ROWS]) {
    WIDE scale = NAME(load_wide)(v->scale_gradient + j);
    WIDE shift = NAME(load_wide)(v->shift_gradient + j);
    NAME(add_row_vectors)(rows, products, &scale);
    NAME(add_row_vectors)(rows, g, &shift);
    NAME(store_wide)(v->scale_gradient + j, scale);
    NAME(store_wide)(v->shift_gradient + j, shift);
}

// Where some rows of a batch lie.
typedef struct {
    long first;  // of the batch
    long ahead;  // values from a row to the same row of the next batch
} NAME(gradient_place);

// Some rows at position j, all lanes.
INLINE void NAME(write_gradients)(int mode, int rows, const NAME(gradient_tensors) *v,
                                  const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                                  const NAME(gradient_coefficients) *c, NAME(gradient_place) p,
                                  long j, int non_temporal) {
    const VEC scale = NAME(load)(v->scale + j);
    // All loads before the first store: rows often lie a multiple of 4 KB apart, and a load waits
    // for a store to the same place in another page.
    VEC dx[ROWS], g[ROWS], products[ROWS];
    for (int r = 0; r < rows; r++) {
        const long at = (p.first + r) * s->stride + j;
        const long next = p.first * s->stride + p.ahead + rows * j + r * N;
        __builtin_prefetch(v->x + next);
        __builtin_prefetch(v->g + next);
        g[r] = NAME(fetch)(v->g + at);
        dx[r] = NAME(gradient_result)(mode, k, c, p.first + r, NAME(fetch)(v->x + at), g[r], scale,
                                      &products[r]);
        if (mode & GRADIENT_ADDS) dx[r] += NAME(fetch)(v->addend + at);
    }
    for (int r = 0; mode & GRADIENT_INPUT && r < rows; r++) {
        E *to = v->dx + (p.first + r) * s->stride + j;
        if (non_temporal)
            NAME(stream)(to, dx[r]);
        else
            NAME(place)(to, dx[r]);
    }
    if (mode & GRADIENT_PARAMETERS) NAME(add_parameters)(rows, v, j, products, g);
}

// x, g and the addend of the last vectors of some rows.
typedef struct {
    VEC x[ROWS], g[ROWS], addend[ROWS];
} NAME(last_vectors);

INLINE void NAME(load_last)(int mode, int rows, const NAME(gradient_tensors) *v, long first,
                            long stride, long j, NAME(last_vectors) *last) {
    for (int r = 0; r < rows; r++) {
        const long at = (first + r) * stride + j;
        last->x[r] = NAME(fetch)(v->x + at);
        last->g[r] = NAME(fetch)(v->g + at);
        if (mode & GRADIENT_ADDS) last->addend[r] = NAME(fetch)(v->addend + at);
    }
}

// `count` lanes from `lane` on of the vectors at position j of some rows, which were loaded before.
// The sums take in the same lanes.
INLINE void NAME(write_last)(int mode, int rows, const NAME(gradient_tensors) *v,
                             const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                             const NAME(gradient_coefficients) *c, long first, long j, long lane,
                             long count, const NAME(last_vectors) *last) {
    const VEC scale = NAME(load)(v->scale + j);
    const NAME(ivec) lanes = NAME(lanes)();
    const NAME(ivec) counts = (lanes >= (INT)lane) & (lanes < (INT)(lane + count));
    VEC products[ROWS], g[ROWS];
    for (int r = 0; r < rows; r++) {
        VEC dx = NAME(gradient_result)(mode, k, c, first + r, last->x[r], last->g[r], scale,
                                       &products[r]);
        if (mode & GRADIENT_PARAMETERS) {
            products[r] = counts ? products[r] : (VEC)0;
            g[r] = counts ? last->g[r] : (VEC)0;
        }
        if (!(mode & GRADIENT_INPUT)) continue;
        if (mode & GRADIENT_ADDS) dx += last->addend[r];
        NAME(place_lanes)(v->dx + (first + r) * s->stride + j + lane, dx, lane, count);
    }
    if (mode & GRADIENT_PARAMETERS) NAME(add_parameters)(rows, v, j, products, g);
}

// The gradients of `rows` rows.
INLINE void NAME(gradients_of_rows)(int mode, int rows, const NAME(gradient_tensors) *v,
                                    const NAME(row_shape) *s, const NAME(row_coefficients) *k,
                                    const NAME(gradient_coefficients) *c, NAME(gradient_place) p,
                                    long head) {
    // Loaded before the others are written, which may be where they lie.
    NAME(last_vectors) last;
    if (head > 0) {
        NAME(load_last)(mode, rows, v, p.first, s->stride, 0, &last);
        NAME(write_last)(mode, rows, v, s, k, c, p.first, 0, 0, head, &last);
        for (long j = head; j + N <= s->n; j += N)
            NAME(write_gradients)(mode, rows, v, s, k, c, p, j, 1);
        NAME(load_last)(mode, rows, v, p.first, s->stride, s->n - N, &last);
        NAME(write_last)(mode, rows, v, s, k, c, p.first, s->n - N, head, N - head, &last);
        return;
    }
    const int has_tail = s->whole < s->n;
    if (has_tail) NAME(load_last)(mode, rows, v, p.first, s->stride, s->tail, &last);
    for (long j = 0; head == 0 && j < s->whole; j += N)
        NAME(write_gradients)(mode, rows, v, s, k, c, p, j, 1);
    for (long j = 0; head < 0 && j < s->whole; j += N)
        NAME(write_gradients)(mode, rows, v, s, k, c, p, j, 0);
    if (!has_tail) return;
    const long count = s->n - s->whole;
    NAME(write_last)(mode, rows, v, s, k, c, p.first, s->tail, s->n < N ? 0 : N - count, count,
                     &last);
}

// A batch of `count` rows from row `at` on; returns how many come before the first that is left to
// the caller.
INLINE long NAME(gradient_batch)(int mode, const ckernels_row_gradient *o,
                                 const NAME(gradient_tensors) *tensors, const NAME(row_shape) *s,
                                 long at, long count, long head) {
    const long first = at * s->stride;
    NAME(gradient_tensors) v = *tensors;
    v.x += first;
    v.g += first;
    if (mode & GRADIENT_ADDS) v.addend += first;
    if (mode & GRADIENT_INPUT) v.dx += first;
    NAME(row_coefficients) k;
    NAME(gradient_coefficients) c;
    const NAME(coefficient_tables) tables = NAME(tables_of)(&k);
    NAME(read_coefficients)(&o->statistics, at, count, (double)s->n, &o->rule, &tables);
    count = NAME(kept_rows)(&k, count);
    if (mode & GRADIENT_INPUT) {
        NAME(find_gradients)(&v, s, &o->rule, count, &k, &c);
        count = NAME(kept_rows)(&k, count);
    }
    NAME(gradient_place) p = {0, NAME(batch_rows)(s->n, 2) * s->stride};
    for (; p.first + ROWS <= count; p.first += ROWS)
        NAME(gradients_of_rows)(mode, ROWS, &v, s, &k, &c, p, head);
    for (; p.first < count; p.first++) NAME(gradients_of_rows)(mode, 1, &v, s, &k, &c, p, head);
    return count;
}

// One instance a mode; what it is told is copied, as for outputs.
#define ROW_GRADIENTS(name, MODE)                                                                 \
    OUTLINED long NAME(name)(const ckernels_row_gradient *gradient,                               \
                             const NAME(gradient_tensors) *tensors, const NAME(row_shape) *shape, \
                             long first, long head) {                                             \
        const ckernels_row_gradient o = *gradient;                                                \
        const NAME(gradient_tensors) v = *tensors;                                                \
        const NAME(row_shape) s = *shape;                                                         \
        const long batch = NAME(batch_rows)(s.n, 2);                                              \
        for (long r = first; r < o.block.rows;) {                                                 \
            const long count = NAME(at_most)(o.block.rows - r, batch);                            \
            const long done = NAME(gradient_batch)(MODE, &o, &v, &s, r, count, head);             \
            r += done;                                                                            \
            if (done < count) return r;                                                           \
        }                                                                                         \
        return o.block.rows;                                                                      \
    }
ROW_GRADIENTS(gradients_of_all, GRADIENT_INPUT | GRADIENT_PARAMETERS)
ROW_GRADIENTS(gradients_of_all_added, GRADIENT_INPUT | GRADIENT_PARAMETERS | GRADIENT_ADDS)
ROW_GRADIENTS(gradients_of_input, GRADIENT_INPUT)
ROW_GRADIENTS(gradients_of_input_added, GRADIENT_INPUT | GRADIENT_ADDS)
ROW_GRADIENTS(gradients_of_parameters, GRADIENT_PARAMETERS)
#undef ROW_GRADIENTS

INLINE long NAME(any_gradients)(const ckernels_row_gradient *o, const NAME(gradient_tensors) *v,
                                const NAME(row_shape) *s, long first, long head) {
    if (!v->dx) return NAME(gradients_of_parameters)(o, v, s, first, -1);
    if (v->scale_gradient && v->addend) return NAME(gradients_of_all_added)(o, v, s, first, head);
    if (v->scale_gradient) return NAME(gradients_of_all)(o, v, s, first, head);
    if (v->addend) return NAME(gradients_of_input_added)(o, v, s, first, head);
    return NAME(gradients_of_input)(o, v, s, first, head);
}

// Rows shorter than a vector, some at a time, in scratch memory where each has a vector.
OUTLINED long NAME(narrow_gradients)(const ckernels_row_gradient *o,
                                     const NAME(gradient_tensors) *v, const NAME(row_shape) *s,
                                     long first, NAME(narrow_rows) *wide) {
    const long n = s->n;
    NAME(gradient_tensors) w = *v;
    w.scale = NAME(spread_table)(v->scale, n, wide->scale);
    for (long j = 0; v->scale_gradient && j < N; j++) {
        wide->scale_gradient[j] = j < n ? v->scale_gradient[j] : 0;
        wide->shift_gradient[j] = j < n ? v->shift_gradient[j] : 0;
        w.scale_gradient = wide->scale_gradient;
        w.shift_gradient = wide->shift_gradient;
    }
    long r = first;
    while (r < o->block.rows) {
        const long rows = NAME(at_most)(o->block.rows - r, NARROW_ROWS), at = r * n;
        w.x = NAME(spread)(v->x + at, rows, n, wide->x);
        w.g = NAME(spread)(v->g + at, rows, n, wide->g);
        w.addend = v->addend ? NAME(spread)(v->addend + at, rows, n, wide->addend) : 0;
        w.dx = v->dx ? wide->y : 0;
        ckernels_row_gradient some = *o;
        some.block.rows = rows;
        some.statistics = statistics_from(&o->statistics, r);
        const long done = NAME(any_gradients)(&some, &w, s, 0, -1);
        if (v->dx) NAME(gather_rows)(wide->y, done, n, v->dx + at);
        r += done;
        if (done < rows) break;
    }
    for (long j = 0; v->scale_gradient && j < n; j++) {
        v->scale_gradient[j] = wide->scale_gradient[j];
        v->shift_gradient[j] = wide->shift_gradient[j];
    }
    return r;
}

static long NAME(long_row_gradients)(const ckernels_row_gradient *o, long first, void *scratch) {
    const NAME(row_shape) s = NAME(shape_of)(o->block.width);
    const NAME(gradient_tensors) v = {
        o->scale, o->x, o->g, o->addend, o->dx, o->scale_gradient, o->shift_gradient,
    };
    if (s.n < N) return NAME(narrow_gradients)(o, &v, &s, first, scratch);
    const int streams = o->non_temporal && s.n % N == 0 && (unsigned long)o->dx % sizeof(E) == 0;
    const long head = streams ? NAME(head)(o->dx, N) : -1;
    return NAME(any_gradients)(o, &v, &s, first, head);
}

#endif
