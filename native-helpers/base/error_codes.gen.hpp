// Generated from native-helpers/protocol/errors.json by generate.mjs. Do not edit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace carousel {

/// Everything that can go wrong, as the protocol names it.
enum class Code : std::uint16_t {
    protocol,
    version_mismatch,
    bad_option,
    no_such_target,
    too_many_targets,
    job_ending,
    other_user,
    no_permission,
    system_disk,
    mounted,
    in_use,
    partition,
    is_source,
    holds_source,
    holds_files,
    source_of_other_job,
    duplicate_target,
    not_approved,
    other_than_approved,
    unsteady_drive,
    protected_drive,
    protection_not_known,
    too_small,
    read_only,
    not_found,
    not_a_drive,
    empty_source,
    changed_device,
    no_space,
    write_error,
    read_error,
    flush_error,
    device_gone,
    hung,
    verify_mismatch,
    consumer_died,
    producer_died,
    helper_died,
    ring_broken,
    source_error,
    source_gone,
    source_changed,
    source_written,
    feed_ended,
    feed_damaged,
    manifest_damaged,
    manifest_not_written,
    no_memory,
    internal,
};

/// What a code is about; the command line makes its exit status from it.
enum class CodeClass : std::uint8_t {
    internal,
    permission,
    refused,
    source,
    target,
    usage,
};

/// The code as it stands in the protocol.
[[nodiscard]] constexpr std::string_view to_text(Code code) noexcept {
    switch (code) {
        case Code::protocol: return "protocol";
        case Code::version_mismatch: return "version-mismatch";
        case Code::bad_option: return "bad-option";
        case Code::no_such_target: return "no-such-target";
        case Code::too_many_targets: return "too-many-targets";
        case Code::job_ending: return "job-ending";
        case Code::other_user: return "other-user";
        case Code::no_permission: return "no-permission";
        case Code::system_disk: return "system-disk";
        case Code::mounted: return "mounted";
        case Code::in_use: return "in-use";
        case Code::partition: return "partition";
        case Code::is_source: return "is-source";
        case Code::holds_source: return "holds-source";
        case Code::holds_files: return "holds-files";
        case Code::source_of_other_job: return "source-of-other-job";
        case Code::duplicate_target: return "duplicate-target";
        case Code::not_approved: return "not-approved";
        case Code::other_than_approved: return "other-than-approved";
        case Code::unsteady_drive: return "unsteady-drive";
        case Code::protected_drive: return "protected-drive";
        case Code::protection_not_known: return "protection-not-known";
        case Code::too_small: return "too-small";
        case Code::read_only: return "read-only";
        case Code::not_found: return "not-found";
        case Code::not_a_drive: return "not-a-drive";
        case Code::empty_source: return "empty-source";
        case Code::changed_device: return "changed-device";
        case Code::no_space: return "no-space";
        case Code::write_error: return "write-error";
        case Code::read_error: return "read-error";
        case Code::flush_error: return "flush-error";
        case Code::device_gone: return "device-gone";
        case Code::hung: return "hung";
        case Code::verify_mismatch: return "verify-mismatch";
        case Code::consumer_died: return "consumer-died";
        case Code::producer_died: return "producer-died";
        case Code::helper_died: return "helper-died";
        case Code::ring_broken: return "ring-broken";
        case Code::source_error: return "source-error";
        case Code::source_gone: return "source-gone";
        case Code::source_changed: return "source-changed";
        case Code::source_written: return "source-written";
        case Code::feed_ended: return "feed-ended";
        case Code::feed_damaged: return "feed-damaged";
        case Code::manifest_damaged: return "manifest-damaged";
        case Code::manifest_not_written: return "manifest-not-written";
        case Code::no_memory: return "no-memory";
        case Code::internal: return "internal";
    }
    return "internal";
}

/// The code of that name, if there is one.
[[nodiscard]] constexpr std::optional<Code> code_from(std::string_view text) noexcept {
    if (text == "protocol") return Code::protocol;
    if (text == "version-mismatch") return Code::version_mismatch;
    if (text == "bad-option") return Code::bad_option;
    if (text == "no-such-target") return Code::no_such_target;
    if (text == "too-many-targets") return Code::too_many_targets;
    if (text == "job-ending") return Code::job_ending;
    if (text == "other-user") return Code::other_user;
    if (text == "no-permission") return Code::no_permission;
    if (text == "system-disk") return Code::system_disk;
    if (text == "mounted") return Code::mounted;
    if (text == "in-use") return Code::in_use;
    if (text == "partition") return Code::partition;
    if (text == "is-source") return Code::is_source;
    if (text == "holds-source") return Code::holds_source;
    if (text == "holds-files") return Code::holds_files;
    if (text == "source-of-other-job") return Code::source_of_other_job;
    if (text == "duplicate-target") return Code::duplicate_target;
    if (text == "not-approved") return Code::not_approved;
    if (text == "other-than-approved") return Code::other_than_approved;
    if (text == "unsteady-drive") return Code::unsteady_drive;
    if (text == "protected-drive") return Code::protected_drive;
    if (text == "protection-not-known") return Code::protection_not_known;
    if (text == "too-small") return Code::too_small;
    if (text == "read-only") return Code::read_only;
    if (text == "not-found") return Code::not_found;
    if (text == "not-a-drive") return Code::not_a_drive;
    if (text == "empty-source") return Code::empty_source;
    if (text == "changed-device") return Code::changed_device;
    if (text == "no-space") return Code::no_space;
    if (text == "write-error") return Code::write_error;
    if (text == "read-error") return Code::read_error;
    if (text == "flush-error") return Code::flush_error;
    if (text == "device-gone") return Code::device_gone;
    if (text == "hung") return Code::hung;
    if (text == "verify-mismatch") return Code::verify_mismatch;
    if (text == "consumer-died") return Code::consumer_died;
    if (text == "producer-died") return Code::producer_died;
    if (text == "helper-died") return Code::helper_died;
    if (text == "ring-broken") return Code::ring_broken;
    if (text == "source-error") return Code::source_error;
    if (text == "source-gone") return Code::source_gone;
    if (text == "source-changed") return Code::source_changed;
    if (text == "source-written") return Code::source_written;
    if (text == "feed-ended") return Code::feed_ended;
    if (text == "feed-damaged") return Code::feed_damaged;
    if (text == "manifest-damaged") return Code::manifest_damaged;
    if (text == "manifest-not-written") return Code::manifest_not_written;
    if (text == "no-memory") return Code::no_memory;
    if (text == "internal") return Code::internal;
    return std::nullopt;
}

/// The class a code belongs to.
[[nodiscard]] constexpr CodeClass class_of(Code code) noexcept {
    switch (code) {
        case Code::protocol: return CodeClass::usage;
        case Code::version_mismatch: return CodeClass::usage;
        case Code::bad_option: return CodeClass::usage;
        case Code::no_such_target: return CodeClass::usage;
        case Code::too_many_targets: return CodeClass::usage;
        case Code::job_ending: return CodeClass::internal;
        case Code::other_user: return CodeClass::permission;
        case Code::no_permission: return CodeClass::permission;
        case Code::system_disk: return CodeClass::refused;
        case Code::mounted: return CodeClass::refused;
        case Code::in_use: return CodeClass::refused;
        case Code::partition: return CodeClass::refused;
        case Code::is_source: return CodeClass::refused;
        case Code::holds_source: return CodeClass::refused;
        case Code::holds_files: return CodeClass::refused;
        case Code::source_of_other_job: return CodeClass::refused;
        case Code::duplicate_target: return CodeClass::refused;
        case Code::not_approved: return CodeClass::refused;
        case Code::other_than_approved: return CodeClass::refused;
        case Code::unsteady_drive: return CodeClass::refused;
        case Code::protected_drive: return CodeClass::refused;
        case Code::protection_not_known: return CodeClass::refused;
        case Code::too_small: return CodeClass::refused;
        case Code::read_only: return CodeClass::refused;
        case Code::not_found: return CodeClass::refused;
        case Code::not_a_drive: return CodeClass::refused;
        case Code::empty_source: return CodeClass::refused;
        case Code::changed_device: return CodeClass::refused;
        case Code::no_space: return CodeClass::target;
        case Code::write_error: return CodeClass::target;
        case Code::read_error: return CodeClass::target;
        case Code::flush_error: return CodeClass::target;
        case Code::device_gone: return CodeClass::target;
        case Code::hung: return CodeClass::target;
        case Code::verify_mismatch: return CodeClass::target;
        case Code::consumer_died: return CodeClass::target;
        case Code::producer_died: return CodeClass::target;
        case Code::helper_died: return CodeClass::target;
        case Code::ring_broken: return CodeClass::internal;
        case Code::source_error: return CodeClass::source;
        case Code::source_gone: return CodeClass::source;
        case Code::source_changed: return CodeClass::source;
        case Code::source_written: return CodeClass::source;
        case Code::feed_ended: return CodeClass::source;
        case Code::feed_damaged: return CodeClass::source;
        case Code::manifest_damaged: return CodeClass::source;
        case Code::manifest_not_written: return CodeClass::internal;
        case Code::no_memory: return CodeClass::internal;
        case Code::internal: return CodeClass::internal;
    }
    return CodeClass::internal;
}

}  // namespace carousel
