#ifndef ONEDNN_ROWS_H
#define ONEDNN_ROWS_H

#include <omp.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "onednn_buffers.h"
#include "onednn_request.h"

/// oneDNN's layer normalization of rows: the buffers of one shape, and the calls made on them.
class RowProblem {
public:
    const std::vector<memory::dim> shape;

    explicit RowProblem(std::vector<memory::dim> dimensions) : shape(std::move(dimensions)) {
        if (shape.size() != 2) throw Unsupported("rows of rank " + std::to_string(shape.size()));
        size_t count = static_cast<size_t>(shape[0] * shape[1]);
        unsigned seed = 1;
        for (Buffer *buffer : {&x_, &y_, &gradient_, &inputGradient_}) {
            *buffer = allocate(count);
            fill(buffer->get(), count, seed++);
        }
        for (Buffer *buffer : {&mean_, &variance_}) *buffer = allocate(size_t(shape[0]));
        for (Buffer *buffer : {&gamma_, &beta_, &gammaGradient_, &betaGradient_})
            *buffer = allocate(size_t(shape[1]));
        for (memory::dim index = 0; index < shape[1]; ++index) {
            gamma_[index] = 1;
            beta_[index] = gammaGradient_[index] = betaGradient_[index] = 0;
        }
    }

    Call &call(const std::string &operation, int threads) {
        omp_set_num_threads(threads);
        std::string key = operation + std::to_string(threads);
        auto found = calls_.find(key);
        if (found == calls_.end()) found = calls_.emplace(key, make(operation)).first;
        if (operation == "backward") run(call("training", threads));  // mean and variance
        return found->second;
    }

    void run(Call &call) {
        call.primitive.execute(stream_, call.arguments);
        stream_.wait();
    }

    void check(const Request &request) {
        bool isBackward = request.text("of") == "backward";
        copy(request.numbers("x"), x_), copy(request.numbers("gradient"), gradient_);
        run(call(request.text("of"), static_cast<int>(request.integer("threads"))));
        std::cout << "{\"output\":";
        print((isBackward ? inputGradient_ : y_).get(), static_cast<size_t>(shape[0] * shape[1]));
        std::cout << "}\n";
    }

private:
    Buffer x_, y_, gradient_, inputGradient_;
    Buffer mean_, variance_, gamma_, beta_, gammaGradient_, betaGradient_;
    std::map<std::string, Call> calls_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};

    Call make(const std::string &operation) {
        using dnnl::layer_normalization_backward;
        using dnnl::layer_normalization_forward;
        using dnnl::prop_kind;
        bool infers = operation == "inference";
        memory::desc tensor(shape, memory::data_type::f32, memory::format_tag::ab);
        auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
        layer_normalization_forward::primitive_desc forward(
            engine_, infers ? prop_kind::forward_inference : prop_kind::forward_training, tensor,
            tensor, epsilon, flags);
        auto wrap = [&](const memory::desc &description, Buffer &buffer) {
            return memory(description, engine_, buffer.get());
        };
        std::unordered_map<int, memory> arguments = {
            {DNNL_ARG_SRC, wrap(tensor, x_)},
            {DNNL_ARG_SCALE, wrap(forward.weights_desc(), gamma_)},
            {DNNL_ARG_SHIFT, wrap(forward.weights_desc(), beta_)},
        };
        if (!infers) {
            arguments.emplace(DNNL_ARG_MEAN, wrap(forward.mean_desc(), mean_));
            arguments.emplace(DNNL_ARG_VARIANCE, wrap(forward.variance_desc(), variance_));
        }
        if (operation == "backward") {
            layer_normalization_backward::primitive_desc backward(
                engine_, prop_kind::backward, tensor, tensor, tensor, epsilon, flags, forward);
            arguments.emplace(DNNL_ARG_DIFF_DST, wrap(tensor, gradient_));
            arguments.emplace(DNNL_ARG_DIFF_SRC, wrap(tensor, inputGradient_));
            arguments.emplace(DNNL_ARG_DIFF_SCALE, wrap(forward.weights_desc(), gammaGradient_));
            arguments.emplace(DNNL_ARG_DIFF_SHIFT, wrap(forward.weights_desc(), betaGradient_));
            return {layer_normalization_backward(backward), arguments, backward.impl_info_str()};
        }
        arguments.emplace(DNNL_ARG_DST, wrap(tensor, y_));
        return {layer_normalization_forward(forward), arguments, forward.impl_info_str()};
    }
};

#endif
