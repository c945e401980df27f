// Statistics and outputs of rows.
#include "rows.h"

#include <math.h>

// Sums of doubles lose at most 2^-52 of the squares of deviations from a pivot, a value within 25
// of them all.
static void check_statistics(const row_problem *p, const ckernels_row_statistics *s) {
    const ckernels_row_block *b = &p->block;
    for (long r = 0; r < b->rows; r++)
        for (long i = 0; i < b->inner; i++) {
            const long at = r * b->inner + i;
            if (i >= b->positions && r == b->rows - 1) break;
            const moments m = p->found[at];
            const int stays = i >= b->positions || is_refused(p, r);
            const double mean = stays ? -1 : m.mean, squares = stays ? -1 : m.squares;
            const double allowed = 0x1p-48 * (m.squares + 625 * (double)b->width);
            if (fabs(s->mean[at] - mean) > (stays ? 0 : 0x1p-48 * 75))
                fail("mean[%ld] is %.17g, expected %.17g", at, s->mean[at], mean);
            if (fabs(s->squares[at] - squares) > (stays ? 0 : allowed))
                fail("squares[%ld] is %.17g, expected %.17g", at, s->squares[at], squares);
        }
}

// y at a value: n takes three roundings beside its mean's, y five more.
static void expect_y(const row_problem *p, const ckernels_row_output *o, const tensor *residual,
                     long at, long j, const moments *m, double *value, double *allowed) {
    const double unit = unit_of(p->element), h = h_at(p, at);
    const double n = (h - m->mean) * m->s;
    const double added = residual ? residual->values[residual->first + at] : 0;
    const double z = n * p->scale[j] + p->shift[j] + added;
    const double size = fabs(n * p->scale[j]) + fabs(p->shift[j]) + fabs(added);
    const double width = 16 * unit * size + fabs(p->scale[j]) * error_of_n(p, m);
    if (!o->g) {
        *value = activate(o->activation, z);
        *allowed = 1.2 * width + unit * activation_error(o->activation, z);
        return;
    }
    // At a corner of f either side may be meant.
    const double g = p->g.values[p->g.first + at];
    double low = INFINITY, high = -INFINITY;
    for (int side = -1; side <= 1; side++) {
        const double dz = g * derivative(o->activation, z + side * width);
        low = fmin(low, dz);
        high = fmax(high, dz);
    }
    *value = (low + high) / 2;
    *allowed =
        (high - low) / 2 + fabs(g) * (width + unit * (2 + derivative_error(o->activation, z)));
}

static void choose_row_output(row_problem *p, ckernels_row_output *o, tensor *residual) {
    const int known = !p->adds && once_in(3);
    *o = (ckernels_row_output){.block = p->block, .rule = p->rule, .non_temporal = once_in(2)};
    o->statistics = lend_statistics(p, known);
    o->statistics_are_known = known;
    o->negative_slope = negative_slope;
    o->scale = p->scale_table, o->shift = p->shift_table;
    o->x = block_of(&p->x);
    *residual = random_tensor(p->element, span_of_rows(&p->block), -8, 8);
    if (p->adds) {
        o->addend = block_of(&p->addend);
        return;
    }
    if (once_in(2)) o->activation = (int)between(0, ACTIVATIONS - 1);
    if (once_in(3)) o->residual = block_of(residual);
    if (once_in(3)) o->g = block_of(&p->g);
}

void check_rows(const ckernels_passes *passes, int element) {
    row_problem p;
    ckernels_row_output o;
    tensor residual, none = {0};
    choose_rows(&p, element, once_in(3));
    choose_row_output(&p, &o, &residual);
    describe_rows(&p, "output", o.activation);
    const int place = (int)between(0, 3), has_y = !once_in(8) || o.statistics_are_known;
    tensor y = place == 0 && !p.adds ? p.x : place == 1 && o.g ? p.g : none;
    if (!y.count) y = random_tensor(element, span_of_rows(&p.block), 50, 90);
    tensor sum = place == 0 ? p.x : place == 1 ? p.addend : none;
    if (!sum.count) sum = random_tensor(element, span_of_rows(&p.block), 50, 90);
    if (has_y || p.adds) o.y = block_of(&y);
    if (p.adds) o.sum = block_of(&sum);
    expectation expected = unchanged(&y), expected_sum = unchanged(&sum);
    for (long r = 0; r < p.block.rows; r++) {
        if (is_refused(&p, r)) continue;
        for (long j = 0; j < p.block.width; j++)
            for (long i = 0; i < p.block.positions; i++) {
                const long at = index_of(&p, r, j, i);
                expect_y(&p, &o, o.residual ? &residual : 0, at, j, p.found + r * p.block.inner + i,
                         expected.value + y.first + at, expected.allowed + y.first + at);
                expected_sum.value[sum.first + at] = h_at(&p, at);
            }
    }
    void *scratch = scratch_for(element);
    RUN(&p, passes->write_rows(&o, r, scratch))
    if (!o.statistics_are_known) check_statistics(&p, &o.statistics);
    if (o.y) check(&y, expected, "y");
    if (o.sum) check(&sum, expected_sum, "sum");
}
