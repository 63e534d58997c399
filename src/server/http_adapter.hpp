#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "exchange.hpp"

namespace kdeps::server {

/// Has cpp-httplib answer requests that have been read and checked already: it is given each
/// request's line, calls back for the answer, and writes it.
class HttpAdapter final : public Responder {
 public:
    explicit HttpAdapter(const Handler& handler);
    ~HttpAdapter() override;
    [[nodiscard]] After respond(const Incoming& incoming, ResponseSink& sink) noexcept override;

 private:
    class Exchange;
    class Library;
    [[nodiscard]] std::unique_ptr<Library> take_library();

    const Handler& handler_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Library>> idle_;  ///< One serves one request at a time.
};

}  // namespace kdeps::server
