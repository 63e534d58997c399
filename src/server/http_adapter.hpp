#pragma once

#include <memory>

#include "api_handler.hpp"
#include "exchange.hpp"

namespace kdeps::server {

/// Drives cpp-httplib's server with requests that have been read and checked already: it gets a
/// head reduced to what it needs, calls back for the answer, and writes it. The one place that
/// includes httplib.
class HttpAdapter final : public Responder {
 public:
    explicit HttpAdapter(const ApiHandler& handler);
    ~HttpAdapter() override;
    [[nodiscard]] After respond(const Incoming& incoming, ResponseSink& sink) noexcept override;

 private:
    class Library;
    std::unique_ptr<Library> library_;
};

}  // namespace kdeps::server
