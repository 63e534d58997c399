// kdeps-python FOLDER: boots the embedded interpreter and runs kdeps_worker.zygote from FOLDER.
//
// A program of its own, because forking is only safe while a process has one thread, and because
// user code must not share an address space with the engine.

#include <cstdio>
#include <exception>

#include <pybind11/embed.h>

#include "codec_module.hpp"

namespace py = pybind11;

namespace {

/// Pinned: neither PATH nor PYTHON* variables nor the user's site-packages choose what runs here.
void boot() {
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;  // Files and paths are UTF-8 whatever the locale of the service is.
    PyStatus status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status)) Py_ExitStatusException(status);

    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.install_signal_handlers = 0;
    PyConfig_SetBytesString(&config, &config.program_name, KDEPS_PYTHON_EXECUTABLE);
    py::initialize_interpreter(&config, 0, nullptr, false);
}

}  // namespace

PYBIND11_EMBEDDED_MODULE(_kdeps_codec, module) {
    kdeps::worker::define_codec(module);
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("kdeps-python is started by kdeps\n", stderr);
        return 2;
    }
    try {
        boot();
        py::module_::import("sys").attr("path").attr("append")(argv[1]);
        constexpr int kControlSocket = 3;
        py::module_::import("kdeps_worker.zygote").attr("serve")(kControlSocket);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "kdeps-python: %s\n", error.what());
    }
    return 1;
}
