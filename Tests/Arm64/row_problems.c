// Random rows, their statistics, and how they are described.
#include "rows.h"

#include <math.h>

static const double epsilon = 0.25;
// Rows of equal values, whose variance is zero, are left to the caller; no others.
static const double least_variance = 0.25001;

long index_of(const row_problem *p, long r, long j, long i) {
    return (r * p->block.width + j) * p->block.inner + i;
}

double h_at(const row_problem *p, long at) {
    return p->x.values[p->x.first + at] + (p->adds ? p->addend.values[p->addend.first + at] : 0);
}

static void choose_block(ckernels_row_block *b) {
    b->inner = once_in(2) ? 1 : between(2, 70);
    b->positions = once_in(2) ? b->inner : between(1, b->inner);
    b->width = once_in(2) ? between(2, 40) : between(2, b->inner == 1 ? 1200 : 130);
    const long most = 12000 / (b->width * b->inner);
    b->rows = most < 2 ? 1 : between(1, most < 90 ? most : 90);
}

long span_of_rows(const ckernels_row_block *b) {
    return (b->rows * b->width - 1) * b->inner + b->positions;
}

// Now and then a whole row of one value.
static void flatten_rows(row_problem *p) {
    for (long r = 0; r < p->block.rows; r++) {
        if (!once_in(12)) continue;
        for (long j = 0; j < p->block.width; j++)
            for (long i = 0; i < p->block.positions; i++) {
                const long at = index_of(p, r, j, i);
                const double old = h_at(p, at) - p->x.values[p->x.first + at];
                p->x.values[p->x.first + at] = 4 - old;
                put(p->element, block_of(&p->x), at, 4 - old);
            }
    }
}

static moments moments_of(const row_problem *p, long r, long i) {
    const double n = (double)p->block.width;
    double sum = 0, squares = 0;
    for (long j = 0; j < p->block.width; j++) {
        const double h = h_at(p, index_of(p, r, j, i));
        sum += h;
        squares += h * h;
    }
    moments m = {0, squares, 0, 0};
    if (p->rule.centered) m = (moments){sum / n, (n * squares - sum * sum) / n, 0, 0};
    m.s = 1 / sqrt(m.squares / n + epsilon);
    m.is_refused = m.squares / n + epsilon < p->rule.least_variance;
    return m;
}

int is_refused(const row_problem *p, long r) {
    for (long i = 0; i < p->block.positions; i++)
        if (p->found[r * p->block.inner + i].is_refused) return 1;
    return 0;
}

void choose_rows(row_problem *p, int element, int adds) {
    *p = (row_problem){.element = element, .adds = adds};
    ckernels_row_block *b = &p->block;
    choose_block(b);
    const double most = 1e9;
    p->rule = (ckernels_row_rule){once_in(2), epsilon, most, least_variance, most, 0, most};
    const long offset = once_in(2) ? 0 : between(-50, 50);
    p->x = random_tensor(element, span_of_rows(b), offset - 9, offset + 9);
    p->addend = random_tensor(element, span_of_rows(b), -3, 3);
    p->g = random_tensor(element, span_of_rows(b), -4, 4);
    if (p->rule.centered) flatten_rows(p);
    p->scale = numbers(b->width);
    p->shift = numbers(b->width);
    const int of = arithmetic_of(element);
    p->scale_table = lend(b->width * size_of(of), once_in(2), 0);
    p->shift_table = lend(b->width * size_of(of), once_in(2), 0);
    for (long j = 0; j < b->width; j++) {
        put(of, p->scale_table, j, p->scale[j] = (double)between(-4, 4) / 2);
        put(of, p->shift_table, j, p->shift[j] = (double)between(-5, 5));
    }
    p->found = (moments *)numbers(b->rows * b->inner * (long)(sizeof(moments) / sizeof(double)));
    for (long r = 0; r < b->rows; r++)
        for (long i = 0; i < b->positions; i++) p->found[r * b->inner + i] = moments_of(p, r, i);
}

ckernels_row_statistics lend_statistics(const row_problem *p, int are_known) {
    const long inner = p->block.inner;
    const long count = (p->block.rows - 1) * inner + p->block.positions;
    const ckernels_row_statistics s = {lend(count * 8, once_in(2), 0),
                                       lend(count * 8, once_in(2), 0),
                                       lend(count * 8, once_in(2), 0)};
    for (long i = 0; i < count; i++) {
        s.mean[i] = are_known ? p->found[i].mean : -1;
        s.correction[i] = are_known ? 0 : -1;
        s.squares[i] = are_known ? p->found[i].squares : -1;
    }
    return s;
}

void describe_rows(const row_problem *p, const char *operation, int activation) {
    const ckernels_row_block *b = &p->block;
    describe("%s of rows of %s, %ld x %ld x %ld, %ld positions, activation %d%s%s", operation,
             name_of(p->element), b->rows, b->width, b->inner, b->positions, activation,
             p->rule.centered ? ", centered" : "", p->adds ? ", addend" : "");
}

// The mean is a pivot, a value within 25, and a
// quotient, in double; of its place in the element type, the rest is rounded once more.
double error_of_n(const row_problem *p, const moments *m) {
    const double unit = unit_of(p->element);
    return (8 * 0x1p-53 + unit * unit) * (fabs(m->mean) + 25) * m->s;
}
