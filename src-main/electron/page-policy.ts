/** Where the page comes from, and what it may load. */

export const pageScheme = 'app';
export const pageHost = 'carousel';
export const pageOrigin = `${pageScheme}://${pageHost}`;
export const pageUrl = `${pageOrigin}/`;

/** For everything that is not the page. */
export const emptyPolicy = "default-src 'none'; frame-ancestors 'none'";

/** What the page may load: its own files, and the developer tools where they exist. */
export const mayLoad = (url: string, devTools: boolean): boolean =>
  url.startsWith(pageUrl) || (devTools && url.startsWith('devtools://'));

/** Links that may be opened in the person's browser. */
export function isExternalLink(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed?.protocol === 'https:' && parsed.username === '' && parsed.password === '';
}
