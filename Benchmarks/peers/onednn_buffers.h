#ifndef ONEDNN_BUFFERS_H
#define ONEDNN_BUFFERS_H

#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "dnnl.hpp"

using dnnl::memory;

constexpr float epsilon = 1e-5f;

/// What a problem cannot be measured as, said to the conductor in these words.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Aligned {
    void operator()(void *pointer) const { std::free(pointer); }
};
using Buffer = std::unique_ptr<float[], Aligned>;

inline Buffer allocate(size_t count) {
    size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    void *pointer = std::aligned_alloc(64, bytes);
    if (pointer == nullptr) throw std::runtime_error("out of memory");
    return Buffer(static_cast<float *>(pointer));
}

/// Standard normal numbers; long tensors repeat them after a prime number of elements.
inline void fill(float *values, size_t count, unsigned seed) {
    constexpr size_t period = 1048573;
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    for (size_t index = 0; index < count; ++index)
        values[index] = index < period ? normal(generator) : values[index - period];
}

/// A primitive with the memory it works on.
struct Call {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
    std::string implementation;
};

inline void print(const float *values, size_t count) {
    for (size_t index = 0; index < count; ++index)
        std::cout << (index == 0 ? "[" : ",") << values[index];
    std::cout << "]";
}

inline void copy(const std::vector<float> &from, Buffer &to) {
    for (size_t index = 0; index < from.size(); ++index) to[index] = from[index];
}

#endif
