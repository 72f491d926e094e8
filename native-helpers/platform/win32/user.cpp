// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/user.hpp"

#include <aclapi.h>
#include <sddl.h>

#include <cstddef>
#include <vector>

namespace carousel::platform::win32 {
namespace {

std::optional<std::wstring> text_of(PSID sid) {
  LPWSTR text = nullptr;
  if (ConvertSidToStringSidW(sid, &text) == FALSE) return std::nullopt;
  std::wstring out(text);
  LocalFree(text);
  return out;
}

std::optional<std::wstring> user_of_token(HANDLE token) {
  DWORD size = 0;
  GetTokenInformation(token, TokenUser, nullptr, 0, &size);
  std::vector<std::max_align_t> room(size / sizeof(std::max_align_t) + 1);
  if (GetTokenInformation(token, TokenUser, room.data(), size, &size) == FALSE) return std::nullopt;
  return text_of(reinterpret_cast<const TOKEN_USER*>(room.data())->User.Sid);
}

std::optional<std::wstring> user_of(HANDLE process) {
  HANDLE token = nullptr;
  if (OpenProcessToken(process, TOKEN_QUERY, &token) == FALSE) return std::nullopt;
  std::optional<std::wstring> user = user_of_token(token);
  CloseHandle(token);
  return user;
}

std::optional<std::wstring> owner_as(HANDLE object, SE_OBJECT_TYPE type) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (GetSecurityInfo(object, type, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr, &descriptor) != ERROR_SUCCESS) return std::nullopt;
  std::optional<std::wstring> text = owner == nullptr ? std::nullopt : text_of(owner);
  LocalFree(descriptor);
  return text;
}

}  // namespace

const std::wstring& own_user() {
  static const std::wstring& user = *new std::wstring(user_of(GetCurrentProcess()).value_or(L""));
  return user;
}

std::optional<std::wstring> user_of_process(DWORD pid) {
  HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
  if (process == nullptr) return std::nullopt;
  std::optional<std::wstring> user = user_of(process);
  CloseHandle(process);
  return user;
}

std::optional<std::wstring> owner_of(HANDLE object) { return owner_as(object, SE_KERNEL_OBJECT); }
std::optional<std::wstring> owner_of_file(HANDLE file) { return owner_as(file, SE_FILE_OBJECT); }

OwnUserOnly::OwnUserOnly() {
  attributes_.nLength = sizeof attributes_;
  // Owner: the user himself, also when elevated (where it would be the administrators). The label lets unelevated processes of his in.
  const std::wstring text = L"O:" + own_user() + L"D:P(A;;GA;;;" + own_user() + L")S:(ML;;NW;;;ME)";
  if (own_user().empty() || ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1,
                                                                                  &attributes_.lpSecurityDescriptor, nullptr) == FALSE) {
    // An empty list of permissions: nobody may, not even we.
    InitializeSecurityDescriptor(&nobody_, SECURITY_DESCRIPTOR_REVISION);
    static ACL empty;
    InitializeAcl(&empty, sizeof empty, ACL_REVISION);
    SetSecurityDescriptorDacl(&nobody_, TRUE, &empty, FALSE);
    attributes_.lpSecurityDescriptor = &nobody_;
  }
}

OwnUserOnly::~OwnUserOnly() {
  if (attributes_.lpSecurityDescriptor != &nobody_) LocalFree(attributes_.lpSecurityDescriptor);
}

}  // namespace carousel::platform::win32
