/** The one place that imports zod. Without its eval probe, so that it runs under a strict Content-Security-Policy. */
import { config, z } from 'zod';

config({ jitless: true });

export { z };
