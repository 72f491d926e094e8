/** What no page in this program may do: go elsewhere, open windows, ask for permissions, reach the network. */
import type { Session, WebContents } from 'electron';
import { isExternalLink, mayLoad } from './page-policy.ts';

type OpenExternal = (url: string) => void;

/** For every web contents there is, ours and any that might come to be. */
export function lockContents(contents: WebContents, openExternal: OpenExternal): void {
  const elsewhere = (url: string): void => {
    if (isExternalLink(url)) openExternal(url);
  };
  contents.setWindowOpenHandler(({ url }) => {
    elsewhere(url);
    return { action: 'deny' };
  });
  contents.on('will-navigate', (event) => {
    event.preventDefault();
    elsewhere(event.url);
  });
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** For the session that all contents share. */
export function lockSession(session: Session, devTools: boolean): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !mayLoad(url, devTools) }));
}
