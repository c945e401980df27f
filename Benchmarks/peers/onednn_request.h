#ifndef ONEDNN_REQUEST_H
#define ONEDNN_REQUEST_H

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// The members of one flat JSON object: strings, numbers and arrays of numbers.
class Request {
public:
    explicit Request(std::string line) : line_(std::move(line)) {}

    bool has(const std::string &key) const {
        return line_.find("\"" + key + "\":") != std::string::npos;
    }

    std::string text(const std::string &key) const {
        size_t start = line_.find('"', valueOf(key));
        size_t end = line_.find('"', start + 1);
        return line_.substr(start + 1, end - start - 1);
    }

    long integer(const std::string &key) const {
        return std::strtol(line_.c_str() + valueOf(key), nullptr, 10);
    }

    std::vector<float> numbers(const std::string &key) const {
        const char *at = line_.c_str() + line_.find('[', valueOf(key)) + 1;
        std::vector<float> values;
        while (true) {
            char *end = nullptr;
            float value = std::strtof(at, &end);
            if (end == at) return values;
            values.push_back(value);
            at = end;
            while (*at == ',' || *at == ' ') ++at;
        }
    }

    std::vector<int64_t> shape() const {
        std::vector<int64_t> dimensions;
        for (float value : numbers("shape")) dimensions.push_back(static_cast<int64_t>(value));
        return dimensions;
    }

private:
    std::string line_;

    size_t valueOf(const std::string &key) const {
        size_t at = line_.find("\"" + key + "\":");
        if (at == std::string::npos) throw std::runtime_error("the request has no " + key);
        return at + key.size() + 3;
    }
};

#endif
