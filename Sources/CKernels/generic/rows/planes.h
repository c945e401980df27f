// Rows whose positions have statistics of their own: value j of all positions is a plane, and a row
// is its planes, one behind the other. Vectors lie along the positions; a plane has one scale and
// shift.
#ifndef ROWS_PLANES_H
#define ROWS_PLANES_H

#include "gradients.h"
#include "outputs.h"

#ifndef PLANES_ADDED
// Planes that are added up one after another: sums of doubles have no bits to spare for more.
#define PLANES_ADDED 32
#endif

// One number a position. Tables are whole vectors; what lies behind the positions is walked, too.
typedef struct {
    double pivot[CKERNELS_POSITIONS], sum[CKERNELS_POSITIONS], products[CKERNELS_POSITIONS];
    // The mean, what rounding took from it, and the squares.
    double mean[CKERNELS_POSITIONS], correction[CKERNELS_POSITIONS], squares[CKERNELS_POSITIONS];
    T center[CKERNELS_POSITIONS], scale[CKERNELS_POSITIONS], shift[CKERNELS_POSITIONS];
    T refused[CKERNELS_POSITIONS];
    // Of an input gradient; its center, slope and constant.
    T gradient_center[CKERNELS_POSITIONS], slope[CKERNELS_POSITIONS], constant[CKERNELS_POSITIONS];
} NAME(planes);

_Static_assert(sizeof(NAME(planes)) <= CKERNELS_SCRATCH * sizeof(T), "scratch memory too small");

// A vector of a plane, or the first `width` values.
INLINE VEC NAME(plane_value)(const E *p, const E *addend, long at, long width) {
    const VEC v = NAME(fetch_first)(p + at, width);
    return addend ? v + NAME(fetch_first)(addend + at, width) : v;
}

// Sums of the deviations from a pivot, and of their squares, of each position.
INLINE void NAME(sum_positions)(const E *x, const E *addend, const ckernels_row_block *b,
                                NAME(planes) *p) {
    for (long i = 0; i < b->positions; i += N) {
        const long width = NAME(at_most)(b->positions - i, N);
        const WIDE pivot = NAME(load_wide)(p->pivot + i);
        NAME(sums) all = {0, 0};
        for (long j = 0; j < b->width;) {
            NAME(sums) some = {0, 0};
            for (const long stop = NAME(at_most)(b->width, j + PLANES_ADDED); j < stop; j++) {
                const VEC v = NAME(plane_value)(x, addend, j * b->inner + i, width);
                NAME(add_deviation)(1, NAME(widen)(v) - pivot, &some);
            }
            all.sum += some.sum;
            all.products += some.products;
        }
        NAME(store_wide)(p->sum + i, all.sum);
        NAME(store_wide)(p->products + i, all.products);
    }
}

// Moments of each position. Where one has cancelled, all are summed again, those from their means.
INLINE void NAME(find_plane_moments)(const E *x, const E *addend, const ckernels_row_block *b,
                                     int centered, NAME(planes) *p) {
    const double n = (double)b->width;
    for (long i = 0; i < b->positions; i += N) {
        const long width = NAME(at_most)(b->positions - i, N);
        VEC v[4];
        for (long k = 0; k < 4; k++)
            v[k] = NAME(plane_value)(x, addend, NAME(quarter)(b->width, k) * b->inner + i, width);
        NAME(store_wide)(p->pivot + i, centered ? NAME(middles)(v) : (WIDE)0);
    }
    NAME(sum_positions)(x, addend, b, p);
    for (int again = 0; centered && again < 2; again++) {
        int cancelled = 0;
        for (long i = 0; i < b->positions; i++) {
            const double squares = NAME(squares)(p->sum[i], p->products[i], n);
            if (!NAME(has_cancelled)(squares, p->products[i])) continue;
            p->pivot[i] = (double)(T)(p->pivot[i] + p->sum[i] / n);
            cancelled = 1;
        }
        if (!cancelled) break;
        NAME(sum_positions)(x, addend, b, p);
    }
    for (long i = 0; i < b->positions; i++) {
        const double sum = centered ? p->sum[i] : 0, offset = sum / n;
        const double squares = NAME(squares)(sum, p->products[i], n);
        p->mean[i] = p->pivot[i] + offset;
        p->correction[i] = (p->pivot[i] - p->mean[i]) + offset;
        p->squares[i] = squares < 0 ? 0 : squares;
    }
}

INLINE int NAME(keeps_positions)(const NAME(planes) *p, long positions) {
    T refused = 0;
    for (long i = 0; i < positions; i++) refused += p->refused[i];
    return refused == 0;
}

// What each position is normalized with; false where one is left to the caller.
INLINE int NAME(set_positions)(const ckernels_row_statistics *s, long at,
                               const ckernels_row_block *b, const ckernels_row_rule *rule,
                               NAME(planes) *p) {
    const NAME(coefficient_tables) to = {p->center, p->scale, p->shift, p->refused};
    NAME(read_coefficients)(s, at, b->positions, (double)b->width, rule, &to);
    return NAME(keeps_positions)(p, b->positions);
}

INLINE VEC NAME(plane_normalized)(VEC x, const NAME(planes) *p, long i) {
    return (x - NAME(load)(p->center + i)) * NAME(load)(p->scale + i) + NAME(load)(p->shift + i);
}

// The first `width` values of a vector, into memory.
INLINE void NAME(put_plane)(E *to, VEC v, long width) {
    if (width < N)
        NAME(place_part)(to, v, width);
    else
        NAME(place)(to, v);
}

INLINE void NAME(map_plane)(const NAME(row_tensors) *v, long plane, long positions, VEC scale,
                            VEC shift, const NAME(planes) *p) {
    for (long i = 0; i < positions; i += N) {
        const long width = NAME(at_most)(positions - i, N), at = plane + i;
        const VEC h = NAME(plane_value)(v->x, v->addend, at, width);
        VEC z = NAME(plane_normalized)(h, p, i) * scale + shift;
        if (v->residual) z += NAME(fetch_first)(v->residual + at, width);
        if (v->sum) NAME(put_plane)(v->sum + at, h, width);
        if (v->g)
            z = NAME(activation_backward)(NAME(fetch_first)(v->g + at, width), z, v->activation,
                                          v->negative_slope);
        else if (v->activation != CKERNELS_IDENTITY)
            z = NAME(activate)(z, v->activation, v->negative_slope);
        NAME(put_plane)(v->y + at, z, width);
    }
}

static long NAME(write_planes)(const ckernels_row_output *o, long first, void *scratch) {
    const ckernels_row_block *b = &o->block;
    const NAME(row_tensors) tensors = {o->scale,     o->shift,    o->x,
                                       o->addend,    o->residual, o->g,
                                       o->sum,       o->y,        (T)o->negative_slope,
                                       o->activation};
    NAME(planes) *p = scratch;
    long r = first;
    for (; r < b->rows; r++) {
        const NAME(row_tensors) v = NAME(rows_from)(&tensors, r * b->width * b->inner);
        const long at = r * b->inner;
        const ckernels_row_statistics found = {p->mean, p->correction, p->squares};
        if (!o->statistics_are_known)
            NAME(find_plane_moments)(v.x, v.addend, b, o->rule.centered, p);
        if (!NAME(set_positions)(o->statistics_are_known ? &o->statistics : &found,
                                 o->statistics_are_known ? at : 0, b, &o->rule, p))
            break;
        for (long i = 0; !o->statistics_are_known && i < b->positions; i++) {
            if (o->statistics.mean) o->statistics.mean[at + i] = p->mean[i];
            if (o->statistics.correction) o->statistics.correction[at + i] = p->correction[i];
            if (o->statistics.squares) o->statistics.squares[at + i] = p->squares[i];
        }
        for (long j = 0; v.y && j < b->width; j++)
            NAME(map_plane)(&v, j * b->inner, b->positions, (VEC)NAME(load_one)(v.scale + j),
                            (VEC)NAME(load_one)(v.shift + j), p);
    }
    return r;
}

// The two sums of each position.
INLINE void NAME(sum_plane_gradients)(const NAME(gradient_tensors) *v, const ckernels_row_block *b,
                                      NAME(planes) *p) {
    for (long i = 0; i < b->positions; i += N) {
        const long width = NAME(at_most)(b->positions - i, N);
        NAME(sums) all = {0, 0};
        for (long j = 0; j < b->width;) {
            NAME(sums) some = {0, 0};
            for (const long stop = NAME(at_most)(b->width, j + PLANES_ADDED); j < stop; j++) {
                const long at = j * b->inner + i;
                const VEC scale = (VEC)NAME(load_one)(v->scale + j);
                const VEC h = NAME(fetch_first)(v->g + at, width) * scale;
                const VEC x = NAME(fetch_first)(v->x + at, width);
                NAME(add_runs)(h, h * NAME(plane_normalized)(x, p, i), &some);
            }
            all.sum += some.sum;
            all.products += some.products;
        }
        NAME(store_wide)(p->sum + i, all.sum);
        NAME(store_wide)(p->products + i, all.products);
    }
}

// dx of plane j, and what its positions add to the sums over rows.
INLINE void NAME(plane_gradient)(const NAME(gradient_tensors) *v, const ckernels_row_block *b,
                                 long j, const NAME(planes) *p) {
    const VEC scale = (VEC)NAME(load_one)(v->scale + j);
    WIDE products = 0, gradients = 0;
    for (long i = 0; i < b->positions; i += N) {
        const long width = NAME(at_most)(b->positions - i, N), at = j * b->inner + i;
        const VEC g = NAME(fetch_first)(v->g + at, width), x = NAME(fetch_first)(v->x + at, width);
        const VEC normalized = NAME(plane_normalized)(x, p, i);
        if (v->scale_gradient) {
            const NAME(ivec) counts = NAME(lanes)() < (INT)width;
            const NAME(wide_mask) wide = __builtin_convertvector(counts, NAME(wide_mask));
            products += wide ? NAME(widen)(g * normalized) : (WIDE)0;
            gradients += NAME(widen)(g);
        }
        if (!v->dx) continue;
        const VEC centered = g * scale - NAME(load)(p->gradient_center + i);
        VEC dx = (centered - normalized * NAME(load)(p->slope + i)) * NAME(load)(p->scale + i) +
                 NAME(load)(p->constant + i);
        if (v->addend) dx += NAME(fetch_first)(v->addend + at, width);
        NAME(put_plane)(v->dx + at, dx, width);
    }
    if (!v->scale_gradient) return;
    v->scale_gradient[j] += NAME(reduce)(products);
    v->shift_gradient[j] += NAME(reduce)(gradients);
}

static long NAME(plane_gradients)(const ckernels_row_gradient *o, long first, void *scratch) {
    const ckernels_row_block *b = &o->block;
    NAME(planes) *p = scratch;
    const double n = (double)b->width;
    long r = first;
    for (; r < b->rows; r++) {
        const long row = r * b->width * b->inner;
        const NAME(gradient_tensors) v = {
            o->scale,
            (const E *)o->x + row,
            (const E *)o->g + row,
            NAME(row_at)(o->addend, row),
            (E *)NAME(row_at)(o->dx, row),
            o->scale_gradient,
            o->shift_gradient,
        };
        if (!NAME(set_positions)(&o->statistics, r * b->inner, b, &o->rule, p)) break;
        if (v.dx) {
            NAME(sum_plane_gradients)(&v, b, p);
            const NAME(gradient_tables) tables = {p->scale, p->gradient_center, p->slope,
                                                  p->constant, p->refused};
            for (long i = 0; i < b->positions; i += 8)
                NAME(set_gradients)(p->sum, p->products, 1 / n, &o->rule, i, &tables);
            if (!NAME(keeps_positions)(p, b->positions)) break;
        }
        for (long j = 0; j < b->width; j++) NAME(plane_gradient)(&v, b, j, p);
    }
    return r;
}

#endif
