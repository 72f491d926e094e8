// What a person at the machine reads out to whoever holds the other device.

/** Where this machine is reached, and how it is recognised. */
export interface Reached {
  readonly urls: readonly string[];
  readonly fingerprint: string;
  readonly code: string | null;
}

/** The lines for people. */
export function describeNetwork({ urls, fingerprint, code }: Reached): string[] {
  const [first = 'this computer', ...more] = urls;
  return [
    '',
    `Other devices reach it at ${first}${more.length > 0 ? ` (also ${more.join(', ')})` : ''}`,
    ...(fingerprint === ''
      ? []
      : ['Their browser warns once; it must show this SHA-256 fingerprint:', `  ${fingerprint}`]),
    code === null
      ? 'To let another device look in: carousel pair'
      : `Code for the first device, to watch only: ${code}   (10 minutes, one device)`,
  ];
}
