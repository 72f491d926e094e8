// Electron's main module.
import * as electron from 'electron';
import { runMain } from './run-main.ts';

await runMain(electron);
