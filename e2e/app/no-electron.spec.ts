/** Stands in for all specs in Electron where it has not been downloaded. */
import { test } from '@playwright/test';

test.skip('every spec in Electron: its program is not in node_modules/electron/dist', () => undefined);
