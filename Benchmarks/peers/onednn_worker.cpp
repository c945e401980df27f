// oneDNN as a worker of peers.py: one JSON request a line on stdin, one JSON reply a line on
// stdout. The protocol is described in README.md.
//
// A primitive is created once per problem, operation, layout and number of threads, outside the
// timing. Buffers are allocated and written once per shape, and serve every layout: what is random
// in one order of the same elements is random in another.

#include <omp.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "dnnl.hpp"
#include "onednn_request.h"

using dnnl::batch_normalization_backward;
using dnnl::batch_normalization_forward;
using dnnl::memory;
using dnnl::normalization_flags;
using dnnl::prop_kind;

namespace {

constexpr float epsilon = 1e-5f;

/// What a problem cannot be measured as, said to the conductor in these words.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

memory::format_tag tag(const std::string &layout, const std::vector<memory::dim> &shape) {
    if (layout == "features" && shape.size() == 2) return memory::format_tag::nc;
    if (layout == "nchw" && shape.size() == 4) return memory::format_tag::nchw;
    if (layout == "nhwc" && shape.size() == 4) return memory::format_tag::nhwc;
    if (layout == "blocked" && shape.size() == 4) {
        // Padding would have to be zero, and is more to read than the others get.
        if (shape[1] % 16 != 0) throw Unsupported("channels are not a multiple of 16");
        return memory::format_tag::nChw16c;
    }
    throw Unsupported("layout " + layout + " of rank " + std::to_string(shape.size()));
}

struct Aligned {
    void operator()(void *pointer) const { std::free(pointer); }
};
using Buffer = std::unique_ptr<float[], Aligned>;

Buffer allocate(size_t count) {
    size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    void *pointer = std::aligned_alloc(64, bytes);
    if (pointer == nullptr) throw std::runtime_error("out of memory");
    return Buffer(static_cast<float *>(pointer));
}

/// Standard normal numbers; long tensors repeat them after a prime number of elements.
void fill(float *values, size_t count, unsigned seed) {
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

/// The buffers of one shape, and the calls made on them.
class Problem {
public:
    const std::vector<memory::dim> shape;

    explicit Problem(std::vector<memory::dim> dimensions) : shape(std::move(dimensions)) {
        count_ = 1;
        for (memory::dim dimension : shape) count_ *= static_cast<size_t>(dimension);
        unsigned seed = 1;
        for (Buffer *buffer : {&x_, &y_, &gradient_, &inputGradient_}) {
            *buffer = allocate(count_);
            fill(buffer->get(), count_, seed++);
        }
        size_t channels = static_cast<size_t>(shape[1]);
        for (Buffer *buffer :
             {&mean_, &variance_, &gamma_, &beta_, &gammaGradient_, &betaGradient_})
            *buffer = allocate(channels);
        for (size_t channel = 0; channel < channels; ++channel) {
            mean_[channel] = 0;
            variance_[channel] = gamma_[channel] = 1;
            beta_[channel] = gammaGradient_[channel] = betaGradient_[channel] = 0;
        }
    }

    Call &call(const std::string &operation, const std::string &layout, int threads) {
        omp_set_num_threads(threads);
        std::string key = operation + layout + std::to_string(threads);
        auto found = calls_.find(key);
        if (found == calls_.end()) found = calls_.emplace(key, make(operation, layout)).first;
        if (operation == "backward") run(call("training", layout, threads));  // mean and variance
        if (operation == "inference") standardStatistics();
        return found->second;
    }

    void run(Call &call) {
        call.primitive.execute(stream_, call.arguments);
        stream_.wait();
    }

    /// One operation on given data, which and whose results are in the order of `shape`.
    void check(const Request &request) {
        std::string operation = request.text("of"), layout = request.text("layout");
        memory::desc plain(shape, memory::data_type::f32,
                           tag(shape.size() == 2 ? "features" : "nchw", shape));
        Call &checked = call(operation, layout, static_cast<int>(request.integer("threads")));
        std::vector<float> x = request.numbers("x"), gradient = request.numbers("gradient");
        reorder(memory(plain, engine_, x.data()), checked.arguments.at(DNNL_ARG_SRC));
        copy(request.numbers("gamma"), gamma_), copy(request.numbers("beta"), beta_);
        if (operation == "inference")
            copy(request.numbers("mean"), mean_), copy(request.numbers("variance"), variance_);
        int output = operation == "backward" ? DNNL_ARG_DIFF_SRC : DNNL_ARG_DST;
        if (operation == "backward") {
            run(call("training", layout, static_cast<int>(request.integer("threads"))));
            reorder(memory(plain, engine_, gradient.data()),
                    checked.arguments.at(DNNL_ARG_DIFF_DST));
        }
        run(checked);
        reorder(checked.arguments.at(output), memory(plain, engine_, x.data()));
        std::cout << "{\"output\":";
        print(x.data(), count_);
        size_t channels = static_cast<size_t>(shape[1]);
        std::cout << ",\"first\":";
        print(operation == "backward" ? gammaGradient_.get() : mean_.get(), channels);
        std::cout << ",\"second\":";
        print(operation == "backward" ? betaGradient_.get() : variance_.get(), channels);
        std::cout << "}\n";
    }

private:
    size_t count_ = 0;
    Buffer x_, y_, gradient_, inputGradient_;
    Buffer mean_, variance_, gamma_, beta_, gammaGradient_, betaGradient_;
    std::map<std::string, Call> calls_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};

    Call make(const std::string &operation, const std::string &layout) {
        memory::desc tensor(shape, memory::data_type::f32, tag(layout, shape));
        auto flags = normalization_flags::use_scale | normalization_flags::use_shift;
        bool infers = operation == "inference";
        batch_normalization_forward::primitive_desc forward(
            engine_, infers ? prop_kind::forward_inference : prop_kind::forward_training, tensor,
            tensor, epsilon, infers ? flags | normalization_flags::use_global_stats : flags);
        memory::desc numbers = forward.weights_desc();
        auto wrap = [&](const memory::desc &shape, Buffer &buffer) {
            return memory(shape, engine_, buffer.get());
        };
        std::unordered_map<int, memory> arguments = {
            {DNNL_ARG_SRC, wrap(tensor, x_)},
            {DNNL_ARG_MEAN, wrap(numbers, mean_)},
            {DNNL_ARG_VARIANCE, wrap(numbers, variance_)},
            {DNNL_ARG_SCALE, wrap(numbers, gamma_)},
        };
        if (operation == "backward") {
            batch_normalization_backward::primitive_desc backward(
                engine_, prop_kind::backward, tensor, tensor, tensor, epsilon, flags, forward);
            arguments.emplace(DNNL_ARG_DIFF_DST, wrap(tensor, gradient_));
            arguments.emplace(DNNL_ARG_DIFF_SRC, wrap(tensor, inputGradient_));
            arguments.emplace(DNNL_ARG_DIFF_SCALE, wrap(numbers, gammaGradient_));
            arguments.emplace(DNNL_ARG_DIFF_SHIFT, wrap(numbers, betaGradient_));
            return {batch_normalization_backward(backward), arguments, backward.impl_info_str()};
        }
        if (operation != "training" && !infers) throw Unsupported("operation " + operation);
        arguments.emplace(DNNL_ARG_SHIFT, wrap(numbers, beta_));
        arguments.emplace(DNNL_ARG_DST, wrap(tensor, y_));
        return {batch_normalization_forward(forward), arguments, forward.impl_info_str()};
    }

    void standardStatistics() {
        for (memory::dim channel = 0; channel < shape[1]; ++channel) {
            mean_[channel] = 0.1f;
            variance_[channel] = 1.5f;
        }
    }

    void reorder(memory from, memory to) {
        dnnl::reorder(from, to).execute(stream_, from, to);
        stream_.wait();
    }

    static void copy(const std::vector<float> &from, Buffer &to) {
        for (size_t index = 0; index < from.size(); ++index) to[index] = from[index];
    }

    static void print(const float *values, size_t count) {
        for (size_t index = 0; index < count; ++index)
            std::cout << (index == 0 ? "[" : ",") << values[index];
        std::cout << "]";
    }
};

void measure(Problem &problem, const Request &request) {
    Call &call = problem.call(request.text("operation"), request.text("layout"),
                              static_cast<int>(request.integer("threads")));
    problem.run(call);  // caches, and threads woken
    std::cout << "{\"implementation\":\"" << call.implementation << "\",\"milliseconds\":";
    for (long repetition = 0; repetition < request.integer("repetitions"); ++repetition) {
        auto start = std::chrono::steady_clock::now();
        problem.run(call);
        std::chrono::duration<double, std::milli> elapsed =
            std::chrono::steady_clock::now() - start;
        std::cout << (repetition == 0 ? "[" : ",") << elapsed.count();
    }
    std::cout << "]}\n";
}

void describe() {
    const dnnl_version_t *version = dnnl::version();
    std::cout << "{\"version\":\"oneDNN " << version->major << "." << version->minor << "."
              << version->patch << "\",\"engines\":[]}\n";
}

}  // namespace

int main() {
    std::cout.precision(9);
    std::unique_ptr<Problem> problem;
    std::string line;
    while (std::getline(std::cin, line)) {
        try {
            Request request(line);
            std::string operation = request.text("operation");
            if (operation == "describe") {
                describe();
            } else {
                auto shape = request.shape();
                if (!problem || problem->shape != shape) {
                    problem.reset();
                    problem = std::make_unique<Problem>(shape);
                }
                if (operation == "check")
                    problem->check(request);
                else
                    measure(*problem, request);
            }
        } catch (const Unsupported &reason) {
            std::cout << "{\"unsupported\":\"" << reason.what() << "\"}\n";
        } catch (const std::exception &error) {
            std::cout << "{\"error\":\"" << error.what() << "\"}\n";
        }
        std::cout.flush();
    }
}
