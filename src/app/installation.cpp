#include <filesystem>
#include <string>

#include "kdeps/app/runtime.hpp"

namespace kdeps::app {

namespace {

namespace fs = std::filesystem;

std::string first_existing(std::initializer_list<fs::path> candidates) {
    for (const fs::path& path : candidates) {
        std::error_code ignored;
        if (fs::exists(path, ignored)) return fs::weakly_canonical(path, ignored).string();
    }
    return candidates.begin()->string();
}

}  // namespace

Installation Installation::locate() {
    std::error_code ignored;
    const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    return {.python_executable =
                first_existing({folder / "kdeps-python", folder / "../libexec/kdeps/kdeps-python",
                                folder / "../bin/kdeps-python", folder / "../../bin/kdeps-python",
                                folder / "../../../bin/kdeps-python"}),
            .python_path = first_existing({folder / "../python", folder / "../lib/kdeps/python",
                                           folder / "../../python", folder / "../../../python"})};
}

}  // namespace kdeps::app
