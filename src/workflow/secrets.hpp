#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kdeps::workflow {

/// The parts of a file that no message may show, and the text as it may be shown under one: they
/// are replaced by as many stars, so that columns stay.
///
/// Values:  what stands under `connection`, `<name>` right under `sqlConnections`, `auth`, `env`
///          (there the names stay) and keys that are called as secrets are (secret_names.hpp);
///          elsewhere `scheme://user:password@` and `password=...`. `scheme://`, `${NAME}` and
///          `{{ env('NAME') }}` stay: they are no secret, and what is wrong may be there. Where
///          expressions are evaluated `{{ }}` and calls stay.
class Secrets {
 public:
    /// `text` must outlive this.
    explicit Secrets(std::string_view text);

    /// Whether a byte from `begin` to `end` belongs to one.
    [[nodiscard]] bool touch(std::size_t begin, std::size_t end) const;
    [[nodiscard]] std::string masked_text() const;

    /// Begin and end of a part.
    struct Range {
        std::size_t begin;
        std::size_t end;
        bool keeps_slots;
    };

 private:
    std::string_view text_;
    std::vector<Range> ranges_;  ///< In order, without overlaps.
};

[[nodiscard]] std::string without_secrets(std::string_view text);

}  // namespace kdeps::workflow
