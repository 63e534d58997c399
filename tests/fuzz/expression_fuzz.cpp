// usage: kdeps_expression_fuzz SECONDS [SEED]
//
// Ends with an error when an evaluation takes more memory than the process may have, more time than
// the alarm allows, or asks its Scope more often than its budget explains. The expression that was
// at work is shown.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "support/hostile_scope.hpp"
#include "support/random_expression.hpp"
#include "support/sanitizers.hpp"

namespace {

using namespace kdeps;

constexpr expr::Budget kBudget{.max_steps = 100'000, .max_bytes = 16u << 20};
/// Two looks at the Scope are at least 4,000 steps apart.
constexpr std::size_t kMostChecks = 2 * kBudget.max_steps / 4'000 + 1;
constexpr unsigned kMostSeconds = 20;  // of one evaluation, on a machine that does much else
constexpr rlim_t kMostMemory = rlim_t{768} << 20U;

std::string at_work;  // read by the handler while the thread that writes it stands still

void tell(const char* what) {
    // Only what a signal handler may call.
    for (const std::string_view part :
         {std::string_view(what), std::string_view(at_work), std::string_view("\n")}) {
        if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
    }
}

void on_alarm(int) {
    tell("took too long: ");
    _exit(1);
}

bool is_fine(const std::string& source, test::HostileScope& scope) {
    at_work = source;
    scope.checks = 0;
    alarm(kMostSeconds);
    try {
        const Value value = expr::Expression::parse(source, {}, {}).evaluate(scope, kBudget);
        (void)value;
    } catch (const Error&) {
        // most end so; how is the business of the unit tests
    } catch (const std::bad_alloc&) {
        tell("took too much memory: ");
        return false;
    }
    alarm(0);
    if (scope.checks > kMostChecks) tell("took more work than its budget: ");
    return scope.checks <= kMostChecks;
}

}  // namespace

int main(int argc, char** argv) {
    const auto seconds = std::chrono::seconds(argc > 1 ? std::atoi(argv[1]) : 5);
    const auto seed = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 1);
    if (!test::kIsSanitized) {
        const rlimit limit{kMostMemory, kMostMemory};
        if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    }
    std::signal(SIGALRM, on_alarm);
    test::HostileScope scope;
    test::RandomExpression expressions(seed, scope.names());
    const auto end = std::chrono::steady_clock::now() + seconds;
    std::size_t count = 0;
    for (; std::chrono::steady_clock::now() < end; ++count) {
        if (!is_fine(expressions.next(1 + static_cast<int>(count % 4)), scope)) return 1;
    }
    std::printf("%zu expressions, seed %u\n", count, seed);
    return count > 10 ? 0 : 1;
}
