// Makes the C++ and the TypeScript list of error codes from errors.json.
//
//   node native-helpers/protocol/generate.mjs            writes both files
//   node native-helpers/protocol/generate.mjs --check    exits 1 if one of them is not up to date

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const NOTE = 'Generated from native-helpers/protocol/errors.json by generate.mjs. Do not edit.';

const { errors } = JSON.parse(readFileSync(join(here, 'errors.json'), 'utf8'));
const classes = [...new Set(errors.map((error) => error.class))].sort();
checkNames();

const outputs = [
  [join(root, 'native-helpers', 'base', 'error_codes.gen.hpp'), cplusplus()],
  [join(root, 'src-main', 'contract', 'helper-errors.gen.ts'), typescript()],
];
process.exitCode = process.argv.includes('--check') ? check() : write();

function checkNames() {
  const seen = new Set();
  for (const { code, class: kind, what } of errors) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code)) throw new Error(`bad code name: ${code}`);
    if (!/^[a-z]+$/.test(kind)) throw new Error(`bad class of ${code}: ${kind}`);
    if (typeof what !== 'string' || !/^[ -~]+$/.test(what) || /["'\\]/.test(what))
      throw new Error(`bad text of ${code}`);
    if (seen.has(code)) throw new Error(`${code} is there twice`);
    seen.add(code);
  }
}

function cppName(code) {
  return code.replaceAll('-', '_');
}

function cplusplus() {
  const lines = (make) => errors.map(make).join('\n');
  return `// ${NOTE}
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace carousel {

/// Everything that can go wrong, as the protocol names it.
enum class Code : std::uint16_t {
${lines((e) => `    ${cppName(e.code)},`)}
};

/// What a code is about; the command line makes its exit status from it.
enum class CodeClass : std::uint8_t {
${classes.map((name) => `    ${name},`).join('\n')}
};

/// The code as it stands in the protocol.
[[nodiscard]] constexpr std::string_view to_text(Code code) noexcept {
    switch (code) {
${lines((e) => `        case Code::${cppName(e.code)}: return "${e.code}";`)}
    }
    return "internal";
}

/// The code of that name, if there is one.
[[nodiscard]] constexpr std::optional<Code> code_from(std::string_view text) noexcept {
${lines((e) => `    if (text == "${e.code}") return Code::${cppName(e.code)};`)}
    return std::nullopt;
}

/// The class a code belongs to.
[[nodiscard]] constexpr CodeClass class_of(Code code) noexcept {
    switch (code) {
${lines((e) => `        case Code::${cppName(e.code)}: return CodeClass::${e.class};`)}
    }
    return CodeClass::internal;
}

}  // namespace carousel
`;
}

function typescript() {
  const key = (code) => (code.includes('-') ? `'${code}'` : code);
  return `// ${NOTE}

/** Every error code the helper may send. */
export const helperErrorCodes = [
${errors.map((e) => `  '${e.code}',`).join('\n')}
] as const;

/** A code from the closed list. */
export type HelperErrorCode = (typeof helperErrorCodes)[number];

/** The class of each code; exit statuses follow from it. */
export const helperErrorClass = {
${errors.map((e) => `  ${key(e.code)}: '${e.class}',`).join('\n')}
} as const satisfies Readonly<Record<HelperErrorCode, string>>;

/** What a code is about. */
export type HelperErrorClass = (typeof helperErrorClass)[HelperErrorCode];

/** One line of plain English for each code, for logs and the command line. */
export const helperErrorWhat: Readonly<Record<HelperErrorCode, string>> = {
${errors.map((e) => `  ${key(e.code)}: '${e.what}',`).join('\n')}
};
`;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function check() {
  const stale = outputs.filter(([file, text]) => read(file) !== text);
  for (const [file] of stale)
    console.error(`not up to date: ${relative(root, file)} (run node native-helpers/protocol/generate.mjs)`);
  return stale.length > 0 ? 1 : 0;
}

function write() {
  for (const [file, text] of outputs) {
    mkdirSync(dirname(file), { recursive: true });
    if (read(file) !== text) writeFileSync(file, text);
  }
  return 0;
}
