// Two names for each source. The claim is a kernel object that exists as long as the owner's listener does: whoever makes it is the owner,
// and the system takes it back when that process ends. The pipe has one of a few names, because a connection that is still open keeps a
// pipe's name taken, also after its owner has stopped listening; the next owner takes the next name, and a joiner tries them all.
// Nobody but this user can open either; both ends look at who the other is before a word is said.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include <algorithm>
#include <memory>
#include <vector>

#include "platform/clock.hpp"
#include "platform/endpoint.hpp"
#include "platform/system_error.hpp"
#include "win32/event.hpp"
#include "win32/pipe_stream.hpp"
#include "win32/text.hpp"
#include "win32/user.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

constexpr std::wstring_view kPrefix = L"carousel-1-";
const std::wstring kPipes = L"\\\\.\\pipe\\";
// The owner makes the claim and the pipe in two steps; in between a connect finds nobody, and that is not worth giving up for.
constexpr int kTries = 200;
constexpr std::uint32_t kPauseMs = 10;
/// How long a busy owner is waited for.
constexpr DWORD kPatienceMs = 2000;
/// Names of the pipe: owners that may still be saying their last words when the next one begins.
constexpr int kNames = 16;
/// Starters that can connect before the owner looks.
constexpr std::size_t kWaiting = 16;
constexpr DWORD kPipeBuffer = 65536;

/// Keys are made of these; anything else could mean something in a name of the system.
bool sane(const std::string& key) {
  return !key.empty() && key.size() <= 120 &&
         key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == std::string::npos;
}

std::wstring claim_name(const std::string& key) { return L"Global\\" + std::wstring(kPrefix) + wide(key); }

std::wstring pipe_name(const std::string& key, int name) { return kPipes + std::wstring(kPrefix) + wide(key) + L"-" + std::to_wstring(name); }

bool is_claimed(const std::string& key) {
  HANDLE claim = OpenEventW(SYNCHRONIZE, FALSE, claim_name(key).c_str());
  if (claim != nullptr) CloseHandle(claim);
  return claim != nullptr || GetLastError() == ERROR_ACCESS_DENIED;
}

/// Names of all pipes of ours on this machine.
std::vector<std::wstring> pipes() {
  std::vector<std::wstring> names;
  WIN32_FIND_DATAW found;
  HANDLE search = FindFirstFileW((kPipes + L"*").c_str(), &found);
  if (search == INVALID_HANDLE_VALUE) return names;
  do {
    const std::wstring_view name(found.cFileName);
    if (name.starts_with(kPrefix)) names.emplace_back(name);
  } while (FindNextFileW(search, &found) != FALSE);
  FindClose(search);
  return names;
}

/// "carousel-1-KEY-3"
std::string key_of_pipe(const std::wstring& name) {
  const std::size_t end = name.rfind(L'-');
  return end <= kPrefix.size() ? std::string() : utf8(std::wstring_view(name).substr(kPrefix.size(), end - kPrefix.size()));
}

/// One pipe instance that waits for somebody, or has somebody.
struct Instance {
  HANDLE pipe = INVALID_HANDLE_VALUE;
  OVERLAPPED request{};
  bool connected = false, pending = false;

  [[nodiscard]] bool taken() const { return connected || (pending && HasOverlappedIoCompleted(&request)); }
};

class Listener final : public Companion {
 public:
  Listener(std::string key, HANDLE claim) : key_(std::move(key)), claim_(claim) {}
  ~Listener() override { CloseHandle(claim_); }  // after the last instance: whoever finds no claim finds no listener either

  /// Listens under the first name that nobody has.
  bool start() {
    for (int i = 0; i < kNames && instances_.empty(); ++i) {
      name_ = pipe_name(key_, i);
      fill(true);
    }
    return !instances_.empty();
  }

  /// Makes instances up to the number that is to wait.
  void fill(bool first) {
    while (instances_.size() < kWaiting) {
      auto instance = std::make_unique<Instance>();
      instance->pipe = CreateNamedPipeW(name_.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0U),
                                        PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, PIPE_UNLIMITED_INSTANCES, kPipeBuffer, kPipeBuffer,
                                        0, security_.get());
      if (instance->pipe == INVALID_HANDLE_VALUE) break;
      first = false;
      instance->request.hEvent = somebody_.get();
      const bool at_once = ConnectNamedPipe(instance->pipe, &instance->request) != FALSE;
      const DWORD error = GetLastError();
      instance->connected = at_once || error == ERROR_PIPE_CONNECTED;
      instance->pending = !instance->connected && error == ERROR_IO_PENDING;
      if (!instance->connected && !instance->pending) {
        CloseHandle(instance->pipe);
        break;
      }
      instances_.push_back(std::move(instance));
    }
  }

  /// The pipe of somebody who has connected, or none.
  HANDLE take() {
    const auto it = std::find_if(instances_.begin(), instances_.end(), [](const auto& i) { return i->taken(); });
    if (it == instances_.end()) return INVALID_HANDLE_VALUE;
    HANDLE pipe = (*it)->pipe;
    instances_.erase(it);
    fill(false);
    return pipe;
  }

  /// The event is shared, and making a new instance may have reset it: what counts is the state of each.
  bool readable() override {
    if (std::any_of(instances_.begin(), instances_.end(), [](const auto& i) { return i->taken(); })) return true;
    somebody_.reset();
    return std::any_of(instances_.begin(), instances_.end(), [](const auto& i) { return i->taken(); });
  }
  [[nodiscard]] HANDLE in_event() const override { return somebody_.get(); }

  void before_close() override {
    for (const auto& instance : instances_) {
      DWORD bytes = 0;
      if (instance->pending && CancelIoEx(instance->pipe, &instance->request) != FALSE) {
        GetOverlappedResult(instance->pipe, &instance->request, &bytes, TRUE);
      }
      CloseHandle(instance->pipe);
    }
    instances_.clear();
  }

  [[nodiscard]] Handle name_handle() const { return somebody_.duplicate(); }

 private:
  std::string key_;
  std::wstring name_;
  HANDLE claim_;
  OwnUserOnly security_;
  Event somebody_;
  std::vector<std::unique_ptr<Instance>> instances_;
};

/// Connected, nobody there (no endpoint and `nobody`), or an error.
Result<Endpoint> try_connect(const std::string& key, bool& nobody) {
  nobody = false;
  const std::uint64_t until = now_ns() + std::uint64_t{kPatienceMs} * 1'000'000U;
  int error = ERROR_FILE_NOT_FOUND;
  do {
    bool busy = false;
    for (int i = 0; i < kNames; ++i) {
      HANDLE pipe = CreateFileW(pipe_name(key, i).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                                FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr);
      if (pipe == INVALID_HANDLE_VALUE) {
        const int refused = last_error();
        if (refused != ERROR_FILE_NOT_FOUND) error = refused;
        if (refused == ERROR_ACCESS_DENIED) return Error{Code::other_user, "another user is copying this source"};
        busy = busy || refused == ERROR_PIPE_BUSY;
        continue;
      }
      // Only a process of this user can have made a pipe that belongs to this user.
      if (own_user().empty() || owner_of(pipe) != own_user()) {
        CloseHandle(pipe);
        return Error{Code::other_user, "another user is copying this source"};
      }
      return Endpoint(adopt_pipe(pipe));
    }
    // All taken: either the owner is slow, or these are the last connections of one that listens no more.
    if (!busy || !is_claimed(key)) break;
    sleep_ms(kPauseMs);
  } while (now_ns() < until);
  nobody = true;
  return system_error(Code::internal, "cannot reach the running job", error);
}

}  // namespace

Result<std::variant<Rendezvous, Endpoint>> Rendezvous::claim(const std::string& key) {
  using Either = std::variant<Rendezvous, Endpoint>;
  if (!sane(key)) return Error{Code::internal, "the name of the source is not usable"};
  OwnUserOnly security;
  for (int i = 0; i < kTries; ++i) {
    HANDLE claim = CreateEventW(security.get(), TRUE, FALSE, claim_name(key).c_str());
    const int error = last_error();
    if (claim != nullptr && error != ERROR_ALREADY_EXISTS) {
      auto listener = std::make_shared<Listener>(key, claim);
      if (!listener->start()) return system_error(Code::internal, "cannot listen for joiners", last_error());
      Rendezvous owner;
      owner.listener_ = listener->name_handle();
      if (!owner.listener_.valid()) return system_error(Code::internal, "cannot listen for joiners", last_error());
      attach(owner.listener_.get(), std::move(listener));
      return Either(std::move(owner));
    }
    if (claim != nullptr) CloseHandle(claim);
    if (claim == nullptr && error == ERROR_ACCESS_DENIED) return Error{Code::other_user, "another user is copying this source"};
    if (claim == nullptr) return system_error(Code::internal, "cannot claim the source", error);
    bool nobody = false;
    Result<Endpoint> peer = try_connect(key, nobody);
    if (peer) return Either(std::move(*peer));
    if (!nobody) return std::move(peer).error();
    sleep_ms(kPauseMs);
  }
  return Error{Code::in_use, "the running job of this source does not answer"};
}

Result<Endpoint> Rendezvous::connect(const std::string& key) {
  bool nobody = false;
  return try_connect(key, nobody);
}

std::vector<std::string> Rendezvous::list() {
  std::vector<std::string> keys;
  for (const std::wstring& name : pipes()) {
    std::string key = key_of_pipe(name);
    if (!key.empty() && is_claimed(key)) keys.push_back(std::move(key));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Endpoint Rendezvous::accept() {
  const std::shared_ptr<Companion> companion = companion_of(listener_.get());
  auto* const listener = static_cast<Listener*>(companion.get());
  HANDLE pipe = listener == nullptr ? INVALID_HANDLE_VALUE : listener->take();
  if (pipe == INVALID_HANDLE_VALUE) return {};
  Endpoint peer(adopt_pipe(pipe));
  // The pipe's permissions have let in nobody but this user. Where the other process can be asked, it must say the same.
  ULONG pid = 0;
  const std::optional<std::wstring> user = GetNamedPipeClientProcessId(pipe, &pid) != FALSE ? user_of_process(pid) : std::nullopt;
  if (user && *user != own_user()) return {};
  return peer;
}

}  // namespace carousel::platform
