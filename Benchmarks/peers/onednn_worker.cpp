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
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "dnnl.hpp"
#include "onednn_buffers.h"
#include "onednn_request.h"
#include "onednn_rows.h"

using dnnl::batch_normalization_backward;
using dnnl::batch_normalization_forward;
using dnnl::normalization_flags;
using dnnl::prop_kind;

namespace {

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

memory::data_type type(const std::string &element) {
    if (element == "float16") return memory::data_type::f16;
    if (element == "bfloat16") return memory::data_type::bf16;
    if (!element.empty()) throw Unsupported("element " + element);
    return memory::data_type::f32;
}

/// The buffers of one shape, and the calls made on them.
class Problem {
public:
    const std::vector<memory::dim> shape;
    const std::string element;

    Problem(std::vector<memory::dim> dimensions, std::string kind)
        : shape(std::move(dimensions)), element(std::move(kind)) {
        count_ = 1;
        for (memory::dim dimension : shape) count_ *= static_cast<size_t>(dimension);
        unsigned seed = 1;
        for (Buffer *buffer : {&x_, &y_, &gradient_, &inputGradient_}) {
            *buffer = allocate(count_);
            fill(buffer->get(), count_, seed++);
            round(*buffer);
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

    /// The numbers of a buffer as elements of the tensors' type.
    void round(Buffer &buffer) {
        if (element.empty()) return;
        memory::dim count = static_cast<memory::dim>(count_);
        memory::desc wide({count}, memory::data_type::f32, memory::format_tag::a);
        memory::desc narrow({count}, type(element), memory::format_tag::a);
        Buffer rounded = allocate(count_);
        reorder(memory(wide, engine_, buffer.get()), memory(narrow, engine_, rounded.get()));
        buffer = std::move(rounded);
    }

    Call make(const std::string &operation, const std::string &layout) {
        memory::desc tensor(shape, type(element), tag(layout, shape));
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
};

/// The times of a call, a line.
template <typename AnyProblem>
void measure(AnyProblem &problem, Call &call, long repetitions) {
    problem.run(call);  // caches, and threads woken
    std::cout << "{\"implementation\":\"" << call.implementation << "\",\"milliseconds\":";
    for (long repetition = 0; repetition < repetitions; ++repetition) {
        auto start = std::chrono::steady_clock::now();
        problem.run(call);
        std::chrono::duration<double, std::milli> elapsed =
            std::chrono::steady_clock::now() - start;
        std::cout << (repetition == 0 ? "[" : ",") << elapsed.count();
    }
    std::cout << "]}\n";
}

/// The tensors that are kept, those of the last shape.
struct Kept {
    std::unique_ptr<Problem> batch;
    std::unique_ptr<RowProblem> rows;

    void answer(const Request &request) {
        auto shape = request.shape();
        std::string operation = request.text("operation");
        bool checks = operation == "check";
        int threads = static_cast<int>(request.integer("threads"));
        if (request.has("layer")) {
            if (request.text("layer") != "layer")
                throw Unsupported("layer " + request.text("layer"));
            if (!rows || rows->shape != shape) rows = std::make_unique<RowProblem>(shape);
            if (checks) return rows->check(request);
            return measure(*rows, rows->call(operation, threads), request.integer("repetitions"));
        }
        std::string element = request.has("element") ? request.text("element") : "";
        if (!batch || batch->shape != shape || batch->element != element) {
            batch.reset();
            batch = std::make_unique<Problem>(shape, element);
        }
        if (checks) return batch->check(request);
        measure(*batch, batch->call(operation, request.text("layout"), threads),
                request.integer("repetitions"));
    }
};

void describe() {
    const dnnl_version_t *version = dnnl::version();
    std::cout << "{\"version\":\"oneDNN " << version->major << "." << version->minor << "."
              << version->patch << "\",\"engines\":[]}\n";
}

}  // namespace

int main() {
    std::cout.precision(9);
    Kept kept;
    std::string line;
    while (std::getline(std::cin, line)) {
        try {
            Request request(line);
            if (request.text("operation") == "describe")
                describe();
            else
                kept.answer(request);
        } catch (const Unsupported &reason) {
            std::cout << "{\"unsupported\":\"" << reason.what() << "\"}\n";
        } catch (const dnnl::error &error) {
            // Types that this build or processor has nothing for.
            const char *member = error.status == dnnl_unimplemented ? "unsupported" : "error";
            std::cout << "{\"" << member << "\":\"" << error.what() << "\"}\n";
        } catch (const std::exception &error) {
            std::cout << "{\"error\":\"" << error.what() << "\"}\n";
        }
        std::cout.flush();
    }
}
