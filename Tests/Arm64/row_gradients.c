// Gradients of rows.
#include "rows.h"

#include <math.h>

// The sums over a row at a position that its input gradient needs, and those of their sizes.
typedef struct {
    double mean, mean_product, size, size_product;
} row_gradients;

static row_gradients gradients_of(const row_problem *p, long r, long i, const moments *m) {
    const double n = (double)p->block.width;
    double h = 0, x = 0, products = 0, size = 0, size_product = 0;
    for (long j = 0; j < p->block.width; j++) {
        const long at = index_of(p, r, j, i);
        const double a = p->g.values[p->g.first + at] * p->scale[j], b = h_at(p, at);
        h += a;
        x += b;
        products += a * b;
        size += fabs(a);
        size_product += fabs(a * (b - m->mean) * m->s);
    }
    const double product = p->rule.centered ? (n * products - h * x) / n : products;
    return (row_gradients){p->rule.centered ? h / n : 0, product * m->s / n, size / n,
                           size_product / n};
}

// dx of a row at a position, and its part of the sums over rows.
static void expect_row(const row_problem *p, long r, long i, const tensor *dx, int adds,
                       expectation e, double *gamma, double *beta, double *allowed) {
    const moments m = p->found[r * p->block.inner + i];
    const row_gradients q = gradients_of(p, r, i, &m);
    const double unit = unit_of(p->element);
    for (long j = 0; j < p->block.width; j++) {
        const long at = index_of(p, r, j, i), to = dx->first + at;
        const double g = p->g.values[p->g.first + at], n = (h_at(p, at) - m.mean) * m.s;
        const double a = g * p->scale[j], added = adds ? p->addend.values[p->addend.first + at] : 0;
        e.value[to] = m.s * (a - q.mean - n * q.mean_product) + added;
        // Each factor has a few roundings.
        const double carried = error_of_n(p, &m) * (fabs(q.mean_product) + fabs(n) * q.size);
        e.allowed[to] =
            32 * unit * (m.s * (fabs(a) + q.size + fabs(n) * q.size_product) + fabs(added)) +
            m.s * carried;
        gamma[j] += g * n;
        beta[j] += g;
        allowed[j] += fabs(g) * (16 * unit * fabs(n) + error_of_n(p, &m));
    }
}

void check_row_gradients(const ckernels_passes *passes, int element) {
    row_problem p;
    choose_rows(&p, element, 0);
    describe_rows(&p, "gradients", 0);
    const long width = p.block.width;
    const int wanted = (int)between(1, 3), adds = wanted & 1 && once_in(3),
              place = (int)between(0, 5);
    tensor dx = place == 0 ? p.x : place == 1 ? p.g : p.addend;
    if (place > 2) dx = random_tensor(element, span_of_rows(&p.block), 50, 90);
    ckernels_row_gradient o = {.block = p.block, .rule = p.rule, .non_temporal = once_in(2)};
    o.statistics = lend_statistics(&p, 1);
    o.scale = p.scale_table, o.x = block_of(&p.x), o.g = block_of(&p.g);
    if (adds) o.addend = block_of(&p.addend);
    if (wanted & 1) o.dx = block_of(&dx);
    double *gamma = numbers(width), *beta = numbers(width), *allowed = numbers(width);
    double *sums = lend(width * 8, 1, 0), *sums_of_g = lend(width * 8, 0, 0);
    for (long j = 0; j < width; j++) {
        gamma[j] = sums[j] = (double)between(-9, 9);
        beta[j] = sums_of_g[j] = (double)between(-9, 9);
    }
    if (wanted & 2) o.scale_gradient = sums, o.shift_gradient = sums_of_g;
    expectation e = unchanged(&dx);
    for (long r = 0; r < p.block.rows; r++)
        for (long i = 0; !is_refused(&p, r) && i < p.block.positions; i++)
            expect_row(&p, r, i, &dx, adds, e, gamma, beta, allowed);
    void *scratch = scratch_for(element);
    RUN(&p, passes->row_gradients(&o, r, scratch))
    if (o.dx) check(&dx, e, "dx");
    for (long j = 0; wanted & 2 && j < width; j++) {
        // Of the sum in double, too.
        const double most = allowed[j] + 0x1p-45 * (1 + fabs(gamma[j]));
        if (!(fabs(sums[j] - gamma[j]) <= most))
            fail("scale_gradient[%ld] is %.17g, expected %.17g to %.3g", j, sums[j], gamma[j],
                 most);
        if (sums_of_g[j] != beta[j])
            fail("shift_gradient[%ld] is %.17g, expected %.17g", j, sums_of_g[j], beta[j]);
    }
}
