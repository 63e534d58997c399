#pragma once

#include <string_view>

namespace kdeps::workflow {

/// Whether a key is called as secrets are: `token`, `apiKey`, `DB_PASSWORD`, `X-Auth-Token`, also
/// with one letter wrong.
[[nodiscard]] bool is_secret_name(std::string_view key);

/// Whether every value under a key counts as a secret: `auth`, also with one letter wrong, `env`.
[[nodiscard]] bool is_vault_name(std::string_view key);

}  // namespace kdeps::workflow
