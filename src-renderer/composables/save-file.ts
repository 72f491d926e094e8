/** Saves a text that comes a part at a time the way this browser or window saves files. */

export interface FilePart {
  name: string;
  text: string;
  /** Where the next part begins; null after the last. */
  next: number | null;
}

/** All parts of it. Rejects with what `ask` rejects with; nothing is saved then. */
export async function gatherFile(
  ask: (from: number) => Promise<FilePart>,
): Promise<{ name: string; parts: string[] }> {
  const parts: string[] = [];
  let name = '';
  for (let from: number | null = 0; from !== null;) {
    const part: FilePart = await ask(from);
    parts.push(part.text);
    ({ name, next: from } = part);
  }
  return { name, parts };
}

/** Hands a gathered file to the browser. */
export function saveFile({ name, parts }: { name: string; parts: string[] }): void {
  const address = URL.createObjectURL(new Blob(parts, { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by the time the next task runs.
  setTimeout(() => URL.revokeObjectURL(address));
}
