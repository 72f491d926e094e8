// A child gets its two handles by inheritance, and their numbers in its environment; no other handle goes along.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/process.hpp"

#include <cstddef>
#include <cwchar>
#include <map>
#include <utility>
#include <vector>

#include "platform/system_error.hpp"
#include "win32/caller.hpp"
#include "win32/inherited.hpp"
#include "win32/text.hpp"
#include "win32/windows.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

constexpr wchar_t kControl[] = L"CAROUSEL_CONTROL";
constexpr wchar_t kRing[] = L"CAROUSEL_RING";
/// The exit code of a child that was ended by kill(); told as signal 9.
constexpr DWORD kKilled = 0xE0000009;

/// Processes are asked and ended through their handles; as long as one is open the process number is not given to another.
std::map<std::int64_t, Handle>& children() {
  static auto& all = *new std::map<std::int64_t, Handle>;
  return all;
}

/// An inheritable copy, or none.
Handle inheritable(HANDLE handle) {
  HANDLE copy = nullptr;
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE ||
      DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, TRUE, DUPLICATE_SAME_ACCESS) == FALSE) {
    return Handle();
  }
  return Handle(native(copy));
}

Handle open_null() {
  SECURITY_ATTRIBUTES inherit{sizeof inherit, nullptr, TRUE};
  return Handle(native(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit, OPEN_EXISTING, 0, nullptr)));
}

std::wstring own_program() {
  std::wstring path(512, L'\0');
  for (;;) {
    const DWORD n = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (n == 0) return {};
    if (n < path.size()) return path.substr(0, n);
    path.resize(path.size() * 2);
  }
}

/// One word of a command line, as CommandLineToArgvW and every C runtime take it apart again.
std::wstring quoted(const std::wstring& word) {
  std::wstring out = L"\"";
  std::size_t slashes = 0;
  for (const wchar_t c : word) {
    if (c == L'"') out.append(slashes + 1, L'\\');
    slashes = c == L'\\' ? slashes + 1 : 0;
    out += c;
  }
  return out.append(slashes, L'\\') + L"\"";
}

std::wstring number(NativeHandle handle) {
  wchar_t text[32];
  std::swprintf(text, 32, L"%llx", static_cast<unsigned long long>(handle));
  return text;
}

/// The list of what a new process inherits; everything in it must outlive the call that uses it.
class InheritList {
 public:
  explicit InheritList(std::vector<HANDLE> handles) : handles_(std::move(handles)) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    room_.resize(size / sizeof(std::max_align_t) + 1);
    made_ = InitializeProcThreadAttributeList(get(), 1, 0, &size) != FALSE;
    good_ = made_ && UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(), handles_.size() * sizeof(HANDLE),
                                               nullptr, nullptr) != FALSE;
  }
  ~InheritList() {
    if (made_) DeleteProcThreadAttributeList(get());
  }
  InheritList(const InheritList&) = delete;
  InheritList& operator=(const InheritList&) = delete;
  [[nodiscard]] bool good() const { return good_; }
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room_.data()); }

 private:
  std::vector<HANDLE> handles_;
  std::vector<std::max_align_t> room_;
  bool made_ = false, good_ = false;
};

/// Codes from 0xC0000000 on are what the system ends a process with; the closest signal says the same to those who read reports.
int signal_of(DWORD code) {
  switch (code) {
    case kKilled: return 9;
    case static_cast<DWORD>(STATUS_CONTROL_C_EXIT): return 2;
    case static_cast<DWORD>(STATUS_ACCESS_VIOLATION):
    case static_cast<DWORD>(STATUS_STACK_OVERFLOW): return 11;
    case static_cast<DWORD>(STATUS_ILLEGAL_INSTRUCTION): return 4;
    case static_cast<DWORD>(STATUS_IN_PAGE_ERROR): return 7;
    case static_cast<DWORD>(STATUS_INTEGER_DIVIDE_BY_ZERO): return 8;
    default: return code >= 0xC0000000 ? 6 : 0;
  }
}

/// Starts this program again. `named`: inheritable handles, each under the variable by which the new process finds it; the caller's token goes
/// along. Gives the process's number.
Result<std::int64_t> launch(const std::wstring& arguments, const std::vector<std::pair<const wchar_t*, HANDLE>>& named, HANDLE in, HANDLE out) {
  const std::wstring program = own_program();
  if (program.empty()) return system_error(Code::internal, "cannot start a new process", last_error());
  const Handle error = inheritable(GetStdHandle(STD_ERROR_HANDLE)), caller = inheritable(caller_token()), null = open_null();
  if (!null.valid() || (caller_token() != nullptr && !caller.valid())) return system_error(Code::internal, "cannot pass handles to a new process", last_error());
  std::vector<std::pair<const wchar_t*, HANDLE>> all = named;
  if (caller.valid()) all.emplace_back(kCallerVariable, raw(caller.get()));
  std::vector<HANDLE> handles = {raw(null.get())};
  for (const auto& [name, handle] : all) handles.push_back(handle);
  if (error.valid()) handles.push_back(raw(error.get()));
  InheritList list(std::move(handles));
  if (!list.good()) return system_error(Code::internal, "cannot pass handles to a new process", last_error());

  STARTUPINFOEXW start{};
  start.StartupInfo.cb = sizeof start;
  start.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  start.StartupInfo.hStdInput = in != nullptr ? in : raw(null.get());
  start.StartupInfo.hStdOutput = out != nullptr ? out : raw(null.get());
  start.StartupInfo.hStdError = raw(error.valid() ? error.get() : null.get());
  start.lpAttributeList = list.get();
  std::wstring line = L"carousel-helper" + arguments;
  // One thread of a process starts others, so that nobody else can pick these up in between.
  for (const auto& [name, handle] : all) SetEnvironmentVariableW(name, number(native(handle)).c_str());
  // Without a console: the interrupt key and the closing of a window are not its business. Out of the parent's job object where that
  // is allowed: what ends everything in it must not end a copy.
  constexpr DWORD kFlags = EXTENDED_STARTUPINFO_PRESENT | DETACHED_PROCESS;
  PROCESS_INFORMATION made{};
  bool started = false;
  int why = 0;
  for (const DWORD more : {DWORD{CREATE_BREAKAWAY_FROM_JOB}, DWORD{0}}) {
    started = CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE, kFlags | more, nullptr, nullptr, &start.StartupInfo,
                             &made) != FALSE;
    why = last_error();
    if (started || why != ERROR_ACCESS_DENIED) break;
  }
  for (const auto& [name, handle] : all) SetEnvironmentVariableW(name, nullptr);
  if (!started) return system_error(Code::internal, "cannot start a new process", why);
  CloseHandle(made.hThread);
  const auto pid = static_cast<std::int64_t>(made.dwProcessId);
  children()[pid] = Handle(native(made.hProcess));
  return pid;
}

}  // namespace

NativeHandle win32::inherited(const wchar_t* variable) {
  wchar_t text[32];
  const DWORD n = GetEnvironmentVariableW(variable, text, 32);
  if (n == 0 || n >= 32) return kNoHandle;
  wchar_t* end = nullptr;
  const unsigned long long value = std::wcstoull(text, &end, 16);
  DWORD flags = 0;
  const auto handle = static_cast<NativeHandle>(value);
  return *end == L'\0' && value != 0 && GetHandleInformation(raw(handle), &flags) != FALSE ? handle : kNoHandle;
}

Result<Child> Child::start(const std::string& role, const std::string& device, Endpoint control, NativeHandle ring) {
  const Handle control_copy = inheritable(raw(control.read_handle())), ring_copy = inheritable(raw(ring));
  if (!control_copy.valid() || !ring_copy.valid()) return system_error(Code::internal, "cannot pass handles to a new process", last_error());
  const Result<std::int64_t> pid = launch(L" " + quoted(wide(role)) + L" " + quoted(wide(device)),
                                          {{kControl, raw(control_copy.get())}, {kRing, raw(ring_copy.get())}}, nullptr, nullptr);
  if (!pid) return pid.error();
  Child child;
  child.pid_ = *pid;
  return child;
}

Result<Child> Child::serve(const std::vector<std::string>& args, Endpoint stream) {
  const Handle copy = inheritable(raw(stream.read_handle()));
  if (!copy.valid()) return system_error(Code::internal, "cannot pass handles to a new process", last_error());
  std::wstring words;
  for (const std::string& word : args) words += L" " + quoted(wide(word));
  const Result<std::int64_t> pid = launch(words, {{kServedVariable, raw(copy.get())}}, nullptr, raw(copy.get()));
  if (!pid) return pid.error();
  Child child;
  child.pid_ = *pid;
  return child;
}

std::optional<ExitStatus> Child::poll_exit() {
  const auto it = children().find(pid_);
  if (it == children().end()) return ExitStatus{127, 0};
  if (WaitForSingleObject(raw(it->second.get()), 0) == WAIT_TIMEOUT) return std::nullopt;
  DWORD code = 127;
  GetExitCodeProcess(raw(it->second.get()), &code);
  children().erase(it);
  pid_ = -1;
  if (const int signal = signal_of(code)) return ExitStatus{0, signal};
  return ExitStatus{static_cast<int>(code), 0};
}

void Child::kill() noexcept {
  const auto it = children().find(pid_);
  if (it != children().end()) TerminateProcess(raw(it->second.get()), kKilled);
}

Endpoint inherited_control() {
  const NativeHandle handle = inherited(kControl);
  if (handle != kNoHandle) SetHandleInformation(raw(handle), HANDLE_FLAG_INHERIT, 0);
  return Endpoint::adopt(handle);
}

NativeHandle inherited_ring() { return inherited(kRing); }

bool started_by_supervisor() { return inherited(kControl) != kNoHandle && inherited(kRing) != kNoHandle; }

std::int64_t own_pid() { return static_cast<std::int64_t>(GetCurrentProcessId()); }

}  // namespace carousel::platform
