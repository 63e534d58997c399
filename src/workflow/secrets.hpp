#pragma once

#include <string>
#include <string_view>

namespace kdeps::workflow {

/// The text of a file as it may be shown under an error message: connection strings, the server's
/// token and passwords are replaced by as many stars, so that columns stay.
///
/// Values:  of `connection`, of `token` under `auth`, of `<name>` right under `sqlConnections`;
///          elsewhere `scheme://user:password@` and `password=...`. `scheme://`, `${NAME}` and
///          `{{ env('NAME') }}` stay: they are no secret, and what is wrong may be there.
[[nodiscard]] std::string without_secrets(std::string_view text);

}  // namespace kdeps::workflow
