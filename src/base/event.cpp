#include "kdeps/base/event.hpp"

namespace kdeps {

namespace {

class NullSink final : public EventSink {
 public:
    void emit(const Event&) noexcept override {}
    [[nodiscard]] bool wants(LogLevel) const noexcept override { return false; }
};

}  // namespace

EventSink& null_sink() {
    static NullSink sink;
    return sink;
}

}  // namespace kdeps
