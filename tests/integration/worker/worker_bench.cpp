// Medians of a call's cost; build the target kdeps_worker_bench and run it on an idle machine.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "kdeps/base/event.hpp"
#include "kdeps/worker/worker_pool.hpp"

namespace {

using namespace kdeps;
using Steady = std::chrono::steady_clock;

class OneAnswer final : public worker::CallHost {
 public:
    Value ask(const std::string&, const std::vector<Value>&) override { return 1; }
    void script_failed(ProcessOutput) override {}
};

TableRef sample_table() {
    TableBuilder builder;
    for (const char* name : {"id", "name", "city", "price", "amount", "day", "at", "ok"}) {
        builder.add_column(name);
    }
    for (int i = 0; i < 1000; ++i) {
        builder.append_int(i);
        builder.append(CellType::Text, "customer " + std::to_string(i));
        builder.append(CellType::Text, "Amsterdam");
        builder.append(CellType::Decimal, std::to_string(i) + ".90");
        builder.append_double(i * 0.25);
        builder.append(CellType::Date, "2024-02-29");
        builder.append(CellType::Timestamp, "2024-02-29T12:34:56");
        builder.append(CellType::Bool, "true");
    }
    return {builder.finish(), TableFormat::Json};
}

void measure(const char* name, int repetitions, worker::WorkerPool& pool, const std::string& source,
             const worker::Call& values) {
    worker::Script script{"bench", source, {}, {}};
    worker::Call call = values;
    call.script = &script;
    OneAnswer host;
    std::vector<double> micros;
    for (int i = 0; i < repetitions; ++i) {
        const auto start = Steady::now();
        (void)pool.call(call, host, Deadline::after(std::chrono::seconds(60)), {});
        micros.push_back(std::chrono::duration<double, std::micro>(Steady::now() - start).count());
    }
    std::sort(micros.begin(), micros.end());
    std::printf("%-44s median %9.1f us  p99 %9.1f us\n", name, micros[micros.size() / 2],
                micros[micros.size() * 99 / 100]);
}

}  // namespace

int main() {
    for (const char* executable : {KDEPS_TEST_KDEPS_PYTHON, KDEPS_TEST_PYTHON}) {
        worker::WorkerSettings settings;
        settings.executable = executable;
        settings.python_path = KDEPS_TEST_PYTHON_PATH;
        settings.max_workers = 1;
        worker::WorkerPool pool(settings, null_sink());
        const auto start = Steady::now();
        pool.warm_up();
        std::printf("%s\nzygote and first worker %.1f ms\n", executable,
                    std::chrono::duration<double, std::milli>(Steady::now() - start).count());
        worker::Call small;
        small.prefetched = {{"n", 1}};
        worker::Call table;
        table.prefetched = {{"t", sample_table()}};
        measure("small call", 5000, pool, "return get('n') + 1", small);
        measure("small call asking once", 5000, pool, "return get('other')", small);
        measure("small call printing", 5000, pool, "print(get('n'))", small);
        measure("table 1000 x 8 in, count out", 200, pool, "return len(get('t'))", table);
        measure("table 1000 x 8 in, the same out", 200, pool, "return get('t')", table);
        measure("table 1000 x 8 in, changed out", 200, pool,
                "t = get('t')\nt[0]['id'] = 1\nreturn t", table);
        measure("leftover thread: worker retired, next one", 20, pool,
                "import threading\n"
                "threading.Thread(target=lambda: __import__('time').sleep(9)).start()",
                small);
    }
}
