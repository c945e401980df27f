// Passes over the lanes of a block: sums, outputs, and the way back through an activation by its
// mask. All numbers are small integers and powers of two, so that every sum and product is exact in
// any order, and a result must be right to the bit; but where an activation has e^z or 1/6.
#include "check.h"

#include <stdio.h>
#include <string.h>

enum { CENTER, SCALE, SHIFT, DEVIATION_SCALE, GRADIENT_CENTER, CORRECTION, WEIGHT, TABLES };

// A block, its tensors and coefficients.
typedef struct {
    int element;
    ckernels_block block;
    double *coefficients[TABLES];
    tensor x, g, residual, y;
    unsigned char *mask;
    long first_bit, mask_bytes;
    ckernels_output output;
} problem;

static ckernels_block random_block(void) {
    ckernels_block b;
    switch (between(0, 4)) {
        case 0:  // Single values.
            b.inner = 1, b.channels = between(1, 1200);
            break;
        case 1:  // Shorter than a vector.
            b.inner = between(2, 16), b.channels = between(1, 200);
            break;
        case 2:  // A few vectors.
            b.inner = between(8, 100), b.channels = between(1, 80);
            break;
        default:
            b.inner = between(1, 1500), b.channels = between(1, 6);
    }
    // Planes that follow each other, or lie apart: parts of planes that a mask has left.
    b.channel_stride = b.inner + (once_in(4) ? between(1, 40) : 0);
    const long row = b.channels * b.channel_stride, most = 12000 / row;
    b.outer = most < 2 || once_in(4) ? 1 : between(1, once_in(2) ? most : most < 12 ? most : 12);
    b.outer_stride = row + (once_in(3) ? between(1, 3) * b.channel_stride : 0);
    return b;
}

static long span_of(const ckernels_block *b) {
    return (b->outer - 1) * b->outer_stride + b->channels * b->channel_stride;
}

static void *lend_table(int element, const double *values, long count) {
    const int of = arithmetic_of(element);
    void *table = lend(count * size_of(of), once_in(2), 0);
    for (long i = 0; i < count; i++) put(of, table, i, values[i]);
    return table;
}

static void choose_coefficients(problem *p) {
    static const double halves[] = {0.5, -0.5, 1, -1, 2, -2};
    const double factor = once_in(6) ? (once_in(2) ? 8 : 128) : 1;
    for (int t = 0; t < TABLES; t++) p->coefficients[t] = numbers(p->block.channels);
    for (long c = 0; c < p->block.channels; c++) {
        p->coefficients[CENTER][c] = (double)between(-3, 3);
        p->coefficients[SCALE][c] = factor * halves[between(0, 5)];
        p->coefficients[SHIFT][c] = (double)between(-4, 4);
        p->coefficients[DEVIATION_SCALE][c] = (double)between(-2, 2) / 4;
        p->coefficients[GRADIENT_CENTER][c] = (double)between(-5, 5);
        p->coefficients[CORRECTION][c] = (double)between(-4, 4);
        p->coefficients[WEIGHT][c] = halves[between(0, 5)];
    }
}

static void choose_mask(problem *p) {
    p->first_bit = between(0, 20);
    p->mask_bytes = (p->first_bit + span_of(&p->block) + 7) / 8;
    p->mask = lend(p->mask_bytes, 1, 0);
    memset(p->mask, 0, (size_t)p->mask_bytes);
}

static void choose_problem(problem *p, int element) {
    *p = (problem){.element = element, .block = random_block()};
    choose_coefficients(p);
    const long span = span_of(&p->block);
    p->x = random_tensor(element, span, -8, 8);
    p->g = random_tensor(element, span, -6, 6);
}

// Only the tables that the header names for the kind.
static void lend_tables(problem *p) {
    const void *lent[TABLES] = {0};
    const int kind = p->output.kind, is_gradient = kind >= CKERNELS_INPUT_GRADIENT;
    for (int t = 0; t < TABLES; t++) {
        const int is_read = t == CENTER || t == SCALE ||
                            (t == SHIFT    ? !is_gradient
                             : t == WEIGHT ? kind == CKERNELS_WEIGHTED_INPUT_GRADIENT
                                           : is_gradient);
        if (is_read) lent[t] = lend_table(p->element, p->coefficients[t], p->block.channels);
    }
    p->output.tables = (ckernels_tables){
        lent[CENTER],          lent[SCALE],      lent[SHIFT], lent[DEVIATION_SCALE],
        lent[GRADIENT_CENTER], lent[CORRECTION], lent[WEIGHT]};
}

static void choose_output(problem *p) {
    ckernels_output *o = &p->output;
    const int kind = (int)between(CKERNELS_NORMALIZE, CKERNELS_WEIGHTED_INPUT_GRADIENT);
    *o = (ckernels_output){.kind = kind, .block = p->block, .non_temporal = once_in(2)};
    if (once_in(2)) o->padding = between(0, p->block.channel_stride - p->block.inner);
    o->negative_slope = negative_slope;
    o->x = block_of(&p->x);
    if (kind != CKERNELS_NORMALIZE) o->g = block_of(&p->g);
    if (kind < CKERNELS_INPUT_GRADIENT) {
        o->activation = (int)between(0, ACTIVATIONS - 1);
        p->residual = random_tensor(p->element, span_of(&p->block), -8, 8);
        if (once_in(2)) o->residual = block_of(&p->residual);
    }
    const int has_corner = o->activation >= CKERNELS_RELU && o->activation <= CKERNELS_LEAKY_RELU;
    if (kind == CKERNELS_NORMALIZE && has_corner && once_in(2)) {
        choose_mask(p);
        o->mask = p->mask, o->first_bit = p->first_bit;
    }
    switch (between(0, 4)) {
        case 0:
            p->y = p->x;
            break;
        case 1:
            p->y = o->g ? p->g : p->x;
            break;
        case 2:
            p->y = o->residual ? p->residual : p->x;
            break;
        default:
            p->y = random_tensor(p->element, span_of(&p->block), 50, 90);
    }
    o->y = block_of(&p->y);
    lend_tables(p);
}

// One value of an output and what is allowed; whether f' is 1 there.
static void value_of(const problem *p, long at, long c, double *value, double *allowed,
                     int *is_one) {
    const ckernels_output *o = &p->output;
    double k[TABLES];
    for (int t = 0; t < TABLES; t++) k[t] = p->coefficients[t][c];
    const double d = p->x.values[p->x.first + at] - k[CENTER];
    const double g = p->g.values[p->g.first + at], unit = unit_of(p->element);
    *allowed = 0;
    *is_one = 0;
    if (o->kind >= CKERNELS_INPUT_GRADIENT) {
        const double weighted = o->kind == CKERNELS_INPUT_GRADIENT ? g : g * k[WEIGHT];
        *value =
            (weighted - k[GRADIENT_CENTER] - d * k[DEVIATION_SCALE]) * k[SCALE] + k[CORRECTION];
        return;
    }
    const double z =
        d * k[SCALE] + k[SHIFT] + (o->residual ? p->residual.values[p->residual.first + at] : 0);
    // A number that is not normal has fewer digits.
    const double least = unit * (p->element == CKERNELS_DOUBLE ? 0x1p-1010 : 0x1p-115);
    double error;
    if (o->kind == CKERNELS_NORMALIZE) {
        *value = activate(o->activation, z);
        error = activation_error(o->activation, z);
        *is_one = derivative(o->activation, z) == 1;
    } else {
        *value = g * derivative(o->activation, z);
        error = (g < 0 ? -g : g) * derivative_error(o->activation, z);
    }
    if (o->activation >= CKERNELS_SILU) *allowed = error * unit + least;
}

static void check_output(const problem *p) {
    const ckernels_block *b = &p->block;
    expectation e = unchanged(&p->y);
    unsigned char *mask = (unsigned char *)numbers(p->mask_bytes / 8 + 1);
    for (long o = 0; o < b->outer; o++)
        for (long c = 0; c < b->channels; c++) {
            const long plane = o * b->outer_stride + c * b->channel_stride;
            for (long i = 0; i < p->output.padding; i++)
                e.value[p->y.first + plane + b->inner + i] = 0;
            for (long i = 0; i < b->inner; i++) {
                const long at = plane + i;
                const long to = p->y.first + at, bit = p->first_bit + at;
                int is_one;
                value_of(p, at, c, e.value + to, e.allowed + to, &is_one);
                if (p->mask && is_one) mask[bit / 8] |= (unsigned char)(1 << bit % 8);
            }
        }
    check(&p->y, e, "y");
    for (long i = 0; p->mask && i < p->mask_bytes; i++)
        if (p->mask[i] != mask[i])
            fail("byte %ld of the mask is %d, expected %d", i, p->mask[i], mask[i]);
}

static void check_sums(const problem *p, int of_gradient, const double *sum,
                       const double *products) {
    const ckernels_block *b = &p->block;
    for (long c = 0; c < b->channels; c++) {
        double first = 0, second = 0;
        for (long o = 0; o < b->outer; o++)
            for (long i = 0; i < b->inner; i++) {
                const long at = o * b->outer_stride + c * b->channel_stride + i;
                const double d = p->x.values[p->x.first + at] - p->coefficients[CENTER][c];
                const double a = of_gradient ? p->g.values[p->g.first + at] : d;
                first += a;
                second += a * d;
            }
        if (sum[c] != first) fail("sum[%ld] is %.17g, expected %.17g", c, sum[c], first);
        if (products[c] != second)
            fail("products[%ld] is %.17g, expected %.17g", c, products[c], second);
    }
}

static void describe_problem(const problem *p, const char *operation) {
    const ckernels_block *b = &p->block;
    const ckernels_output *o = &p->output;
    describe(
        "%s of %s, %ld x %ld x %ld, strides %ld and %ld, padding %ld, kind %d, activation %d%s%s%s",
        operation, name_of(p->element), b->outer, b->channels, b->inner, b->outer_stride,
        b->channel_stride, o->padding, o->kind, o->activation, o->residual ? ", residual" : "",
        o->mask ? ", mask" : "", o->non_temporal ? ", past the caches" : "");
}

// The sums of one block, or an output, or both at once.
void check_lanes(const ckernels_passes *passes, int element) {
    problem written, summed;
    const int writes = !once_in(3), sums = !writes || once_in(2), of_gradient = once_in(2);
    choose_problem(&written, element);
    choose_output(&written);
    choose_problem(&summed, element);
    describe_problem(&written, !sums ? "output" : writes ? "output, with sums" : "sums");
    void *scratch = scratch_for(element);
    if (sums) {
        const long channels = summed.block.channels;
        double *center = lend(channels * 8, once_in(2), 0);
        memcpy(center, summed.coefficients[CENTER], (size_t)channels * 8);
        double *sum = lend(channels * 8, once_in(2), 0),
               *products = lend(channels * 8, once_in(2), 0);
        memset(sum, 0xff, (size_t)channels * 8);
        memset(products, 0xff, (size_t)channels * 8);
        passes->sum(block_of(&summed.x), of_gradient ? block_of(&summed.g) : 0, &summed.block,
                    center, sum, products, writes ? &written.output : 0, scratch);
        describe_problem(&summed, of_gradient ? "sums of the gradient" : "sums");
        check_sums(&summed, of_gradient, sum, products);
    } else {
        passes->write(&written.output, scratch);
    }
    describe_problem(&written, sums ? "output, with sums" : "output");
    if (writes) check_output(&written);
}

// dz by a mask of random bits.
void check_masked(const ckernels_passes *passes, int element) {
    problem p;
    choose_problem(&p, element);
    choose_mask(&p);
    for (long i = 0; i < p.mask_bytes; i++) p.mask[i] = (unsigned char)between(0, 255);
    const int activation = (int)between(CKERNELS_RELU, CKERNELS_LEAKY_RELU);
    p.output.activation = activation;
    p.y = once_in(3) ? p.g : random_tensor(element, span_of(&p.block), 50, 90);
    describe_problem(&p, "activation backward by a mask");
    const ckernels_block *b = &p.block;
    expectation e = unchanged(&p.y);
    for (long o = 0; o < b->outer; o++)
        for (long i = 0; i < b->channels * b->inner; i++) {
            const long plane = i / b->inner * b->channel_stride;
            const long at = o * b->outer_stride + plane + i % b->inner, bit = p.first_bit + at;
            const double slope = activation == CKERNELS_LEAKY_RELU ? negative_slope : 0;
            const int is_one = p.mask[bit / 8] >> bit % 8 & 1;
            e.value[p.y.first + at] = p.g.values[p.g.first + at] * (is_one ? 1 : slope);
        }
    passes->activation_backward_masked(block_of(&p.g), b, p.mask, p.first_bit, activation,
                                       negative_slope, block_of(&p.y));
    check(&p.y, e, "dz");
}
