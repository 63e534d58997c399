// The functions of python/kdeps_worker/codec.py, which is the readable version, in C++. The format
// is described in src/worker/codec.hpp.

#include "codec_module.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include <datetime.h>

namespace py = pybind11;

namespace kdeps::worker {
namespace {

constexpr int kMaxDepth = 1100;  // MAX_DEPTH in values.py
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// What the codec needs from Python; made once, never destroyed (the process ends by _exit).
struct Names {
    py::object decimal = py::module_::import("decimal").attr("Decimal");
    py::module_ values = py::module_::import("kdeps_worker.values");
    py::object table = values.attr("Table");
    py::object too_large = values.attr("TooLarge");
    py::object integer = values.attr("integer");
    py::object integer_text = values.attr("integer_text");
    py::object decimal_text = values.attr("decimal_text");
    py::object temporal_text = values.attr("temporal_text");
    py::object duration_text = values.attr("duration_text");
    py::object self = py::module_::import("_kdeps_codec");
};
const Names& names() {
    static const Names* const kNames = new Names;
    return *kNames;
}

[[noreturn]] void raise(PyObject* type, const std::string& message) {
    PyErr_SetString(type, message.c_str());
    throw py::error_already_set();
}

py::object owned(PyObject* object) {
    if (object == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(object);
}

class Writer {
 public:
    Writer(std::size_t limit, std::uint64_t call_number) : limit_(limit), call_(call_number) {}

    void write(PyObject* value, int depth);
    void number32(std::size_t value) {
        // Sizes past 4 GiB cannot pass the limit check that follows every value.
        fixed(static_cast<std::uint32_t>(value));
    }
    [[nodiscard]] const std::string& out() const { return out_; }

 private:
    template <typename T>
    void fixed(T value) {
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        out_.append(bytes, sizeof value);
    }
    void check_size(std::size_t coming = 0) const {
        if (out_.size() > limit_ || coming > limit_ - out_.size()) {
            raise(names().too_large.ptr(), "too large");
        }
    }
    void text(char tag, std::string_view data) {
        check_size(data.size());
        out_ += tag;
        number32(data.size());
        out_ += data;
    }
    void text_of(char tag, const py::object& object) { text(tag, utf8(object.ptr())); }
    static std::string_view utf8(PyObject* string) {
        Py_ssize_t size = 0;
        const char* data = PyUnicode_AsUTF8AndSize(string, &size);
        if (data == nullptr) throw py::error_already_set();
        return {data, static_cast<std::size_t>(size)};
    }
    void write_int(PyObject* value);
    void write_sequence(PyObject* value, int depth);
    void write_dict(PyObject* value, int depth);
    bool write_handle(PyObject* table);
    void write_rare(PyObject* value);
    void write_decimal(PyObject* value);
    void write_datetime(PyObject* value);
    static std::string date_text(PyObject* value);
    void write_bytes(PyObject* value);

    std::string out_;
    std::size_t limit_;
    std::uint64_t call_;
};

void Writer::write(PyObject* value, int depth) {
    if (depth > kMaxDepth) {
        raise(PyExc_ValueError,
              "the value is nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    if (value == Py_None) {
        out_ += 'N';
    } else if (value == Py_True) {
        out_ += 'T';
    } else if (value == Py_False) {
        out_ += 'F';
    } else if (PyUnicode_Check(value)) {
        text('s', utf8(value));
    } else if (PyLong_Check(value)) {
        write_int(value);
    } else if (PyFloat_Check(value)) {
        out_ += 'd';
        fixed(PyFloat_AS_DOUBLE(value));
    } else if (PyList_Check(value) || PyTuple_Check(value)) {
        write_sequence(value, depth);
    } else if (PyDict_Check(value)) {
        write_dict(value, depth);
    } else {
        write_rare(value);
    }
    check_size();
}

void Writer::write_int(PyObject* value) {
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0) {
        out_ += 'i';
        fixed(static_cast<std::int64_t>(number));
        return;
    }
    text_of('I', names().integer_text(py::handle(value)));
}

void Writer::write_sequence(PyObject* value, int depth) {
    if (Py_TYPE(value) != &PyList_Type && write_handle(value)) return;
    out_ += 'l';
    const Py_ssize_t size = PySequence_Fast_GET_SIZE(value);
    number32(static_cast<std::size_t>(size));
    for (Py_ssize_t i = 0; i < size; ++i) {
        // Another thread of the script may have shortened the list meanwhile.
        if (i >= PySequence_Fast_GET_SIZE(value))
            raise(PyExc_ValueError, "a list changed its size");
        const py::object item =
            py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(value, i));
        write(item.ptr(), depth + 1);
    }
}

/// Writes a table of this very call as its number, if nothing in it was changed.
bool Writer::write_handle(PyObject* table) {
    const py::handle object(table);
    if (!py::isinstance(object, names().table)) return false;
    const auto handle = object.attr("handle").cast<std::uint64_t>();
    if (handle >> 32 != call_) return false;
    if (!object.attr("is_unmodified")(names().self).cast<bool>()) return false;
    out_ += 'h';
    fixed(handle);
    return true;
}

void Writer::write_dict(PyObject* value, int depth) {
    out_ += 'o';
    const Py_ssize_t size = PyDict_GET_SIZE(value);
    number32(static_cast<std::size_t>(size));
    PyObject* key = nullptr;
    PyObject* item = nullptr;
    Py_ssize_t position = 0;
    Py_ssize_t written = 0;
    while (PyDict_Next(value, &position, &key, &item) != 0) {
        if (!PyUnicode_Check(key)) {
            raise(PyExc_TypeError, std::string("dict keys must be str, not ") +
                                       Py_TYPE(key)->tp_name + " (key " +
                                       py::repr(key).cast<std::string>() + ")");
        }
        const std::string_view name = utf8(key);
        number32(name.size());
        out_ += name;
        const py::object kept = py::reinterpret_borrow<py::object>(item);
        write(kept.ptr(), depth + 1);
        ++written;
    }
    if (written != size) raise(PyExc_ValueError, "a dict changed its size");
}

void Writer::write_rare(PyObject* value) {
    const py::handle object(value);
    if (py::isinstance(object, names().decimal)) {
        write_decimal(value);
    } else if (PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value)) {
        write_bytes(value);
    } else if (PyDateTime_Check(value)) {
        write_datetime(value);
    } else if (PyDate_Check(value)) {
        text('p', date_text(value));
    } else if (PyTime_Check(value)) {
        text_of('q', names().temporal_text(object));
    } else if (PyDelta_Check(value)) {
        text_of('s', names().duration_text(object));
    } else {
        raise(PyExc_TypeError, "a value of type " +
                                   object.get_type().attr("__name__").cast<std::string>() +
                                   " cannot leave a script");
    }
}

void Writer::write_decimal(PyObject* value) {
    const py::object string = owned(PyObject_Str(value));
    const std::string_view digits = utf8(string.ptr());
    if (digits.ends_with("Infinity")) {
        out_ += 'd';
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        fixed(digits.front() == '-' ? -kInfinity : kInfinity);
    } else if (digits.find("NaN") != std::string_view::npos) {
        out_ += 'd';
        fixed(std::numeric_limits<double>::quiet_NaN());
    } else if (digits.find('E') != std::string_view::npos) {
        text_of('D', names().decimal_text(py::handle(value)));
    } else {
        text('D', digits);
    }
}

void put_digits(std::string& out, int number, int width) {
    char digits[8];
    for (int i = width; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
    out.append(digits, static_cast<std::size_t>(width));
}

std::string Writer::date_text(PyObject* value) {
    std::string text;
    put_digits(text, PyDateTime_GET_YEAR(value), 4);
    text += '-';
    put_digits(text, PyDateTime_GET_MONTH(value), 2);
    text += '-';
    put_digits(text, PyDateTime_GET_DAY(value), 2);
    return text;
}

void Writer::write_datetime(PyObject* value) {
    PyObject* const zone = PyDateTime_DATE_GET_TZINFO(value);
    if (zone != Py_None && zone != PyDateTime_TimeZone_UTC) {
        const py::handle object(value);
        text_of(object.attr("utcoffset")().is_none() ? 'r' : 'z', names().temporal_text(object));
        return;
    }
    std::string iso = date_text(value);
    iso += 'T';
    put_digits(iso, PyDateTime_DATE_GET_HOUR(value), 2);
    iso += ':';
    put_digits(iso, PyDateTime_DATE_GET_MINUTE(value), 2);
    iso += ':';
    put_digits(iso, PyDateTime_DATE_GET_SECOND(value), 2);
    if (const int micros = PyDateTime_DATE_GET_MICROSECOND(value); micros != 0) {
        iso += '.';
        put_digits(iso, micros, 6);
    }
    if (zone != Py_None) iso += 'Z';
    text(zone == Py_None ? 'r' : 'z', iso);
}

void Writer::write_bytes(PyObject* value) {
    const py::object bytes = owned(PyBytes_FromObject(value));
    text('b',
         {PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))});
}

class Reader {
 public:
    explicit Reader(std::string_view data) : data_(data) {}

    py::object read();
    py::object rows(const py::tuple& columns);

 private:
    template <typename T>
    T fixed() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view take(std::size_t size) {
        if (size > data_.size() - at_) raise(PyExc_ValueError, "a message ends early");
        const std::string_view part = data_.substr(at_, size);
        at_ += size;
        return part;
    }
    std::string_view raw() { return take(fixed<std::uint32_t>()); }
    py::object string() { return string(raw()); }
    static py::object string(std::string_view text) {
        return owned(
            PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
    }
    py::object list();
    py::object dict();
    py::object table();
    static py::object integer(std::string_view text);
    static py::object temporal(char tag, std::string_view text);

    std::string_view data_;
    std::size_t at_ = 0;
};

py::object Reader::read() {
    switch (const char tag = take(1)[0]) {
        case 's':
            return string();
        case 'i':
            return owned(PyLong_FromLongLong(fixed<std::int64_t>()));
        case 'N':
            return py::none();
        case 'T':
            return py::bool_(true);
        case 'F':
            return py::bool_(false);
        case 'd':
            return owned(PyFloat_FromDouble(fixed<double>()));
        case 'l':
            return list();
        case 'o':
            return dict();
        case 'D':
            return names().decimal(string());
        case 'I':
            return integer(raw());
        case 'b': {
            const std::string_view bytes = raw();
            return py::bytes(bytes.data(), bytes.size());
        }
        case 'p':
        case 'q':
        case 'r':
        case 'z':
            return temporal(tag, raw());
        case 't':
            return table();
        default:
            raise(PyExc_ValueError, std::string("unknown tag '") + tag + "' in a message");
    }
}

py::object Reader::list() {
    const auto size = fixed<std::uint32_t>();
    const py::object list = owned(PyList_New(0));
    for (std::uint32_t i = 0; i < size; ++i) {
        if (PyList_Append(list.ptr(), read().ptr()) != 0) throw py::error_already_set();
    }
    return list;
}

py::object Reader::dict() {
    const auto size = fixed<std::uint32_t>();
    const py::object dict = owned(PyDict_New());
    for (std::uint32_t i = 0; i < size; ++i) {
        const py::object key = string();
        if (PyDict_SetItem(dict.ptr(), key.ptr(), read().ptr()) != 0) {
            throw py::error_already_set();
        }
    }
    return dict;
}

py::object Reader::rows(const py::tuple& columns) {
    const auto size = fixed<std::uint32_t>();
    const py::object list = owned(PyList_New(0));
    for (std::uint32_t i = 0; i < size; ++i) {
        const py::object row = owned(PyDict_New());
        for (const py::handle column : columns) {
            if (PyDict_SetItem(row.ptr(), column.ptr(), read().ptr()) != 0) {
                throw py::error_already_set();
            }
        }
        if (PyList_Append(list.ptr(), row.ptr()) != 0) throw py::error_already_set();
    }
    return list;
}

py::object Reader::table() {
    static constexpr const char* kFormats[] = {"json", "csv", "table"};
    const auto handle = fixed<std::uint64_t>();
    const auto format = fixed<std::uint8_t>();
    const auto truncated = fixed<std::uint8_t>();
    py::tuple columns(fixed<std::uint32_t>());
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = string();
    const std::size_t begin = at_;
    const py::object found = rows(columns);
    const std::string_view source = data_.substr(begin, at_ - begin);
    return names().table(found, columns, kFormats[format], truncated != 0, handle,
                         py::bytes(source.data(), source.size()));
}

py::object Reader::integer(std::string_view text) {
    return names().integer(string(text));
}

/// Reads a fixed number of digits; -1 if there is anything else.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (const char c : text.substr(at, count)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

struct ClockTime {
    int hour, minute, second, micros;
};

/// `HH:MM:SS[.f]` with 1 to 6 digits behind the point.
bool read_clock(std::string_view text, ClockTime& time) {
    if (text.size() < 8 || text[2] != ':' || text[5] != ':') return false;
    time = {digits(text, 0, 2), digits(text, 3, 2), digits(text, 6, 2), 0};
    if (time.hour < 0 || time.minute < 0 || time.second < 0) return false;
    if (text.size() == 8) return true;
    const std::size_t count = text.size() - 9;
    if (text[8] != '.' || count < 1 || count > 6) return false;
    time.micros = digits(text, 9, count);
    if (time.micros < 0) return false;
    for (std::size_t i = count; i < 6; ++i) time.micros *= 10;
    return true;
}

/// The datetime object of an ISO text, or the text itself where Python has no such value.
py::object Reader::temporal(char tag, std::string_view text) {
    std::string_view rest = text;
    int year = 1;
    int month = 1;
    int day = 1;
    ClockTime time{0, 0, 0, 0};
    bool good = true;
    if (tag != 'q') {
        good = rest.size() >= 10 && rest[4] == '-' && rest[7] == '-';
        if (good) {
            year = digits(rest, 0, 4);
            month = digits(rest, 5, 2);
            day = digits(rest, 8, 2);
            rest.remove_prefix(10);
        }
    }
    if (good && tag == 'z') {
        good = rest.ends_with('Z');
        if (good) rest.remove_suffix(1);
    }
    if (good && (tag == 'r' || tag == 'z')) {
        good = rest.starts_with('T');
        if (good) rest.remove_prefix(1);
    }
    good = good && (tag == 'p' ? rest.empty() : read_clock(rest, time));
    PyObject* made = nullptr;
    if (good && tag == 'p') {
        made = PyDate_FromDate(year, month, day);
    } else if (good && tag == 'q') {
        made = PyTime_FromTime(time.hour, time.minute, time.second, time.micros);
    } else if (good) {
        made = PyDateTimeAPI->DateTime_FromDateAndTime(
            year, month, day, time.hour, time.minute, time.second, time.micros,
            tag == 'z' ? PyDateTime_TimeZone_UTC : Py_None, PyDateTimeAPI->DateTimeType);
    }
    if (made != nullptr) return owned(made);
    PyErr_Clear();  // E.g. 24:00:00 or a thirteenth month.
    return string(text);
}

py::bytes to_bytes(const std::string& data) {
    return py::bytes(data.data(), data.size());
}

py::bytes encode(const py::object& value, std::size_t limit, std::uint64_t call_number) {
    Writer writer(limit, call_number);
    writer.write(value.ptr(), 0);
    return to_bytes(writer.out());
}

std::string_view bytes_of(const py::buffer_info& info) {
    return {static_cast<const char*>(info.ptr), static_cast<std::size_t>(info.size)};
}

py::object decode(const py::buffer& data) {
    const py::buffer_info info = data.request();
    return Reader(bytes_of(info)).read();
}

bool has_columns(PyObject* row, const py::tuple& columns) {
    if (!PyDict_CheckExact(row) || PyDict_GET_SIZE(row) != PyTuple_GET_SIZE(columns.ptr())) {
        return false;
    }
    PyObject* key = nullptr;
    PyObject* item = nullptr;
    Py_ssize_t position = 0;
    for (Py_ssize_t i = 0; PyDict_Next(row, &position, &key, &item) != 0; ++i) {
        PyObject* column = PyTuple_GET_ITEM(columns.ptr(), i);
        if (key == column) continue;
        if (!PyUnicode_Check(key) || PyUnicode_Compare(key, column) != 0) return false;
    }
    return true;
}

py::object encode_rows(const py::list& rows, const py::tuple& columns) {
    Writer writer(kNoLimit, 0);
    writer.number32(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const py::object row = rows[i];
        if (!has_columns(row.ptr(), columns)) return py::none();
        PyObject* key = nullptr;
        PyObject* item = nullptr;
        Py_ssize_t position = 0;
        try {
            while (PyDict_Next(row.ptr(), &position, &key, &item) != 0) {
                const py::object kept = py::reinterpret_borrow<py::object>(item);
                writer.write(kept.ptr(), 0);
            }
        } catch (py::error_already_set& error) {
            if (error.matches(PyExc_TypeError) || error.matches(PyExc_ValueError)) {
                return py::none();
            }
            throw;
        }
    }
    return to_bytes(writer.out());
}

py::object decode_rows(const py::buffer& data, const py::tuple& columns) {
    const py::buffer_info info = data.request();
    return Reader(bytes_of(info)).rows(columns);
}

}  // namespace

void define_codec(py::module_& module) {
    PyDateTime_IMPORT;
    module.doc() = "python/kdeps_worker/codec.py in C++";
    module.attr("TooLarge") = py::module_::import("kdeps_worker.values").attr("TooLarge");
    module.def("encode", &encode);
    module.def("decode", &decode);
    module.def("encode_rows", &encode_rows);
    module.def("decode_rows", &decode_rows);
}

}  // namespace kdeps::worker
