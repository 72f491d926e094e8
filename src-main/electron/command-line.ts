/** The packaged program is also the command line: `carousel copy ...` is answered without a window. */

/** What the person wrote, without what Electron, the AppImage launcher or a checkout put in front. Pure. */
export function ownArguments(
  argv: readonly string[],
  { isPackaged, appPath }: { isPackaged: boolean; appPath: string },
): string[] {
  const rest = argv.slice(1);
  // A checkout is started as `electron [switches] FOLDER ...`; the packaged program starts itself again with its own path.
  const folder = rest.findIndex((argument) => !argument.startsWith('-'));
  if (!isPackaged) return folder < 0 ? [] : rest.slice(folder + 1);
  const own = rest[0] === '--no-sandbox' ? rest.slice(1) : rest;
  return own[0] === appPath ? own.slice(1) : own;
}

/**
 * Is this for the command line? Any bare word is, so that a mistyped command is told so instead of opening a window;
 * the command line knows which words are commands.
 */
export function isCommand(args: readonly string[]): boolean {
  const [first = ''] = args;
  return /^[a-z][a-z-]*$/.test(first) || ['--help', '-h', '--version', '-V'].includes(first);
}

/** `--practice[=FOLDER]`: practice drives only, in that folder or in the usual one. Undefined when not asked for. */
export function practiceFolder(args: readonly string[], usual: string): string | undefined {
  const given = args.find((argument) => argument === '--practice' || argument.startsWith('--practice='));
  return given?.slice('--practice='.length) || (given === undefined ? undefined : usual);
}
