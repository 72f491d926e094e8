/** The report for people: one page that needs nothing else, made to be printed on A4 and filed. */
import { createHash } from 'node:crypto';
import type { RecordedJob, RecordedTarget, ReportLanguage } from '@contract/groups/history.ts';
import { isFinal } from '@contract/groups/jobs.ts';
import type { Station } from '@contract/groups/stations.ts';
import { cleanText } from '../../devices/clean-text.ts';
import { jsonReport, type ReportedJob } from './json.ts';
import { blockMap, speedGraph } from './pictures.ts';
import { durationWords, reportWords, timeWords, type ReportWords } from './words.ts';

const maxText = 1000;
/** Ranges that are written out; the rest is counted. */
const maxRangesShown = 40;
/** As many as the record names. */
const maxWrongBlocks = 64;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from outside as the text of a page and nothing else. */
export const escaped = (text: string): string =>
  (cleanText(text, maxText) ?? '').replace(/[&<>"']/g, (sign) => entities[sign] ?? '');

/** A line of a table; left out where there is nothing to say. `value` is HTML. */
const row = (name: string, value: string | null): string =>
  value === null || value === '' ? '' : `<tr><th scope="row">${name}</th><td>${value}</td></tr>`;

/** What is written from left to right in every language. */
const code = (text: string | null): string | null =>
  text === null ? null : `<code dir="ltr">${escaped(text)}</code>`;
const ltr = (text: string): string => `<bdi dir="ltr">${text}</bdi>`;

function errorLine(error: RecordedTarget['error'], { t, n }: ReportWords): string | null {
  if (!error) return null;
  const what = error.message || error.code;
  const where = error.offset === undefined ? what : t('atByte', { what, n: n(error.offset) });
  return `<bdi>${escaped(`${where} [${error.code}]`)}</bdi>`;
}

function targetSection(
  target: RecordedTarget,
  { job, unreadable }: ReportedJob,
  number: number,
  words: ReportWords,
): string {
  const { t, tn, n, sizeWords, rateWords } = words;
  const { speed } = target;
  const size = job.source.size ?? 0;
  const graph = speedGraph(target, words);
  const map =
    size > 0 && target.task === 'copy'
      ? blockMap(target, { blockCount: job.blockCount, size }, unreadable, words)
      : '';
  const state = target.state ?? 'unknown';
  const wrong =
    target.wrongBlocks.map(n).join(', ') + (target.wrongBlocks.length === maxWrongBlocks ? ' ...' : '');
  const range = speed && {
    mean: rateWords(speed.mean),
    min: rateWords(speed.min),
    max: rateWords(speed.max),
  };
  const joined = target.joinedAtBlock;
  return `<section class="target">
<h3><span class="number">${n(number)}</span> <bdi>${escaped(target.title ?? target.path)}</bdi> <span class="state ${state}">${words.stateWords(target, job)}</span></h3>
<p class="certain">${words.certainty(target, job)}</p>
<div class="columns"><table>
${row(t('serial'), code(target.serial))}${row(t('wwn'), code(target.wwn))}${row(t('bay'), target.bay === null ? null : `<bdi>${escaped(target.bay)}</bdi>`)}${row(t('operator'), target.operator === null ? null : `<bdi>${escaped(target.operator)}</bdi>`)}${row(t('port'), code(target.busPath))}${row(t('path'), code(target.path))}
${row(t('size'), target.size === null ? null : sizeWords(target.size))}
${row(t('begun'), ltr(timeWords(target.begunAt)))}${row(t('ended'), target.endedAt === null ? t('notKnown') : ltr(timeWords(target.endedAt)))}
</table><table>
${row(t('joinedAt'), joined === null ? null : t('nOf', { n: n(joined), of: n(job.blockCount) }))}
${row(t('written'), sizeWords(target.bytesWritten))}${row(t('time'), target.seconds === null ? null : ltr(durationWords(target.seconds)))}
${row(t('speed'), range && t('speedRange', range))}
${row(t('badBlocks'), target.badBlocks === 0 ? null : n(target.badBlocks))}${row(t('healedBlocks'), target.healedBlocks === 0 ? null : n(target.healedBlocks))}
${row(t('resumed'), target.resumedBlocks === 0 ? null : tn('resumedBlocks', target.resumedBlocks))}
${row(t('wrongBlocks'), wrong === '' ? null : ltr(wrong))}
${row(t('error'), errorLine(target.error, words))}
</table></div>
${graph === '' && map === '' ? '' : `<div class="pictures"><figure>${map}<figcaption>${t('mapCaption')}</figcaption></figure>${graph === '' ? '' : `<figure>${graph}<figcaption>${t('graphCaption')}</figcaption></figure>`}</div>`}
</section>`;
}

function unreadableSection({ job, unreadable }: ReportedJob, { t, tn, n }: ReportWords): string {
  const { unreadablePlaces } = job.source;
  if (unreadablePlaces === 0) return '';
  const shown = unreadable.slice(0, maxRangesShown);
  const more = unreadablePlaces - shown.length;
  const items = shown.map(
    ({ offset, length }) => `<li>${t('place', { offset: n(offset), length: n(length) })}</li>`,
  );
  return `<section><h2>${t('notReadable')}</h2>
<p>${tn('places', unreadablePlaces)} <strong>${t('holdZeros')}</strong></p>
<ul class="ranges">${items.join('')}${more > 0 ? `<li>${t('more', { n: n(more) })}</li>` : ''}</ul></section>`;
}

const stationEnds = { joined: 'stationJoined', lost: 'stationLost', done: 'stationDone' } as const;

/** Other computers that rode on the job, as each has told. */
function stationsSection({ stations }: ReportedJob, { t, n, stationStateWords }: ReportWords): string {
  if (stations.length === 0) return '';
  const targets = ({ targets: list, more }: Station): string =>
    [
      ...list.map((target) =>
        row(
          code(target.path) ?? '',
          `<span class="${isFinal(target.state) ? target.state : 'unknown'}">${stationStateWords(target)}</span>${target.error === null ? '' : ` <bdi>${escaped(`[${target.error}]`)}</bdi>`}`,
        ),
      ),
      more.targets === 0
        ? ''
        : row(t('moreTargets'), t('moreNotGood', { n: n(more.targets), bad: n(more.notGood) })),
    ].join('');
  return `<h2>${t('stations')}</h2>
<p>${t('stationsText')}</p>
${stations.map((station) => `<section class="target"><h3><bdi>${escaped(station.name)}</bdi></h3><p class="certain">${t(stationEnds[station.state])}</p><table>${targets(station)}</table></section>`).join('\n')}`;
}

function heading({ source, ...job }: RecordedJob, words: ReportWords): string {
  const { t, tn, n, sizeWords } = words;
  return `<div class="columns"><table>
${row(t('source'), `${source.title === null ? '' : `<bdi>${escaped(source.title)}</bdi><br>`}${code(source.path) ?? ''}`)}
${row(t('serial'), code(source.serial))}${row(t('size'), source.size === null ? null : sizeWords(source.size))}
${row(t('blocks'), t('blocksOf', { n: n(job.blockCount), size: sizeWords(job.blockSize) }))}
${row(t('read'), tn('readIn', Math.round(source.laps), { size: sizeWords(source.bytesRead), n: String(source.laps) }))}
${row(t('error'), errorLine(source.error, words))}
</table><table>
${row(t('begun'), ltr(timeWords(job.startedAt)))}${row(t('ended'), job.endedAt === null ? t('notKnown') : ltr(timeWords(job.endedAt)))}
${row(t('time'), job.seconds === null ? null : ltr(durationWords(job.seconds)))}
${row(t('program'), ltr(`Carousel ${escaped(job.program)}`))}
</table></div>`;
}

/** The whole page. */
export function htmlReport(report: ReportedJob, lang: ReportLanguage = 'en'): string {
  const { job, targets } = report;
  const words = reportWords(lang);
  const { t, n } = words;
  const title = t('title', { task: t(job.task), n: String(job.id) });
  const digest = createHash('sha256').update(jsonReport(report)).digest('hex');
  const command = `<code dir="ltr">carousel report ${String(job.id)} --format json</code>`;
  const { rootDigest, sha256 } = job.source;
  return `<!doctype html>
<html lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${style}</style></head><body>
<header><p class="kind">${t('kind')}</p><h1>${title}</h1><p class="verdict">${words.verdict(job)}</p></header>
<main>${heading(job, words)}
<section class="certificate"><h2>${t('checked')}</h2>
<table>
${row(t('sha256'), sha256 === null ? null : `${code(sha256) ?? ''}<br><small>${t('sha256Of')}</small>`)}
${row(t('rootDigest'), rootDigest === null ? t('rootDigestNone') : `${code(rootDigest) ?? ''}<br><small>${t('rootDigestOf', { n: n(job.blockCount) })}</small>`)}
${row(t('record'), `${code(digest) ?? ''}<br><small>${t('recordOf', { command })}</small>`)}
</table>
<p class="sign"><span>${t('checkedBy')}</span><span>${t('date')}</span><span>${t('signature')}</span></p></section>
${unreadableSection(report, words)}
<h2>${t('targets')}</h2>
${targets.map((target, index) => targetSection(target, report, index + 1, words)).join('\n')}
${stationsSection(report, words)}
</main></body></html>
`;
}

const style = `
:root{--ink:#15202b;--soft:#55636f;--line:#c9d1d9;--good:#00714f;--bad:#b34700;--blue:#0072b2;--none:#e4e9ee}
*{box-sizing:border-box}
body{margin:0 auto;max-width:190mm;padding:8mm 6mm;color:var(--ink);background:#fff;font:13px/1.45 system-ui,'Segoe UI','Noto Sans','Noto Naskh Arabic','DejaVu Sans',sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
header{border-bottom:2px solid var(--ink);margin-bottom:5mm;padding-bottom:3mm}
.kind{margin:0;color:var(--soft);font-size:11px}
:lang(en) .kind,:lang(de) .kind{letter-spacing:.06em;text-transform:uppercase}
h1{margin:0;font-size:24px}h2{margin:6mm 0 2mm;font-size:16px}h3{margin:0 0 1mm;font-size:14px;display:flex;gap:3mm;align-items:baseline;overflow-wrap:anywhere}
.verdict{margin:1mm 0 0;font-size:15px}
table{border-collapse:collapse;width:100%}
th,td{padding:1px 0;vertical-align:top;text-align:start;overflow-wrap:anywhere}
th{width:32mm;padding-inline-end:3mm;color:var(--soft);font-weight:normal}
code{font:12px/1.4 ui-monospace,'Liberation Mono','DejaVu Sans Mono',monospace;overflow-wrap:anywhere}
small{color:var(--soft)}small code{font-size:11px}
.columns{display:grid;grid-template-columns:1fr 1fr;gap:0 8mm;align-items:start}
.certificate{border:1px solid var(--ink);border-radius:2mm;padding:1mm 4mm 3mm;margin-top:5mm;break-inside:avoid}
.certificate h2{margin-top:2mm}
.sign{display:grid;grid-template-columns:2fr 1fr 2fr;gap:6mm;margin:11mm 0 0;color:var(--soft);font-size:11px}
.sign span{border-top:1px solid var(--soft);padding-top:1mm}
.target{border-top:1px solid var(--line);padding:3mm 0 4mm;break-inside:avoid}
.number{color:var(--soft);font-weight:normal}
.state{margin-inline-start:auto;white-space:nowrap;font-size:12px;border:1px solid currentColor;border-radius:1mm;padding:0 2mm}
.verified{color:var(--good)}.done,.sampled{color:var(--blue)}.failed,.removed,.cancelled,.refused,.unknown{color:var(--bad)}
.certain{margin:0 0 2mm}
.pictures{display:grid;grid-template-columns:1fr 1fr;gap:8mm;margin-top:2mm}
figure{margin:0}figcaption{color:var(--soft);font-size:11px}
svg{display:block;width:100%;height:auto;direction:ltr}svg text{font-size:10px;fill:var(--soft)}
.axis{stroke:var(--line)}.mean{stroke:var(--soft);stroke-dasharray:4 3}.speed{fill:none;stroke:var(--blue);stroke-width:1.5;stroke-linejoin:round}
rect.none{fill:var(--none)}rect.whole{fill:var(--good)}rect.zeros{fill:var(--ink)}rect.wrong{fill:var(--bad)}
.ranges{columns:3;margin:0;padding-inline-start:5mm;font-size:12px}
@media screen and (max-width:640px){.columns,.pictures,.sign{grid-template-columns:1fr}.ranges{columns:1}}
@page{size:A4;margin:14mm 12mm}
@media print{body{padding:0;max-width:none}}
`;
