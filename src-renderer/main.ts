/** Puts the page together: the texts, the stores, the way to the core. */
import '@contract/zod.ts'; // first: it turns off the probe that a strict Content-Security-Policy would report
import '@fontsource-variable/inter';
import './styles/tokens.css';
import './styles/base.css';
import './styles/menu.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { chooseChannel } from './channels/choose-channel.ts';
import { createTexts } from './i18n/text.ts';
import { useAccess } from './stores/access.ts';
import { useConnection } from './stores/connection.ts';
import { useDrives } from './stores/drives.ts';
import { useJobs } from './stores/jobs.ts';
import { useProbes } from './stores/probes.ts';
import { useMachines } from './stores/machines.ts';
import { useSettings } from './stores/settings.ts';
import { useShell } from './stores/shell.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
const texts = createTexts();
const app = createApp(App, { texts, nonce });
app.use(createPinia());
app.use(texts.i18n);

// Every store must listen before the first state comes.
const connection = useConnection();
useSettings();
useDrives();
useJobs();
useProbes();
if (window.location.pathname === '/machines') useShell().view = 'machines';
useAccess();
useMachines();
connection.open(chooseChannel(window));

app.mount('#app');
