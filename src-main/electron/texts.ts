/**
 * Everything the shell itself says: menus, dialogs, notifications. The page has its own texts. One table for each
 * language; sentences with numbers put them behind a colon, so that no language needs plural forms here.
 */

const en = {
  closeQuestion: 'A copy is running. Close Carousel?',
  closeDetail:
    'The copy goes on without this window, to the end. Open Carousel again to see it. Leave the drives plugged in until then.',
  closeNetwork:
    'Copies from a source of this computer to its own drives go on without this window. What goes to other computers, or comes from one, ends with this program: drives that are not finished by then are incomplete.',
  stayOpen: 'Keep Open',
  closeAnyway: 'Close, Copy On',

  failedTargets: (n: number, all: number) => `Failed: ${String(n)} of ${String(all)}`,
  stoppedTargets: (n: number, all: number) => `Stopped: ${String(n)} of ${String(all)}`,
  unverifiedTargets: (n: number, all: number) => `Copied, not verified: ${String(n)} of ${String(all)}`,
  verifiedTargets: (n: number, all: number) => `Copied and verified: ${String(n)} of ${String(all)}`,
  stationsElsewhere: 'Stations of another program: how they ended is known only there',
  sourceFailed: 'The source could not be read to its end',
  noTargets: 'A copy has ended without a target',
  fromSource: (source: string) => `Source: ${source}`,

  file: 'File',
  quit: 'Quit',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select All',
  view: 'View',
  zoomIn: 'Zoom In',
  zoomOut: 'Zoom Out',
  zoomReset: 'Actual Size',
  fullScreen: 'Full Screen',
  reload: 'Reload',
  devTools: 'Developer Tools',
  help: 'Help',
  notices: 'Third-Party Notices',
  about: 'About Carousel',
  hide: 'Hide Carousel',

  aboutDetail: (version: string, electron: string) =>
    `Version ${version}\nCopies one drive to many at once.\nApache License 2.0. Built on Electron ${electron}.`,
  ok: 'OK',
  noticesMissing: 'The notices could not be opened.',

  pageGone: 'The window stopped working.',
  pageGoneDetail: 'Running copies are not affected. Shall the window be opened again?',
  reopen: 'Open Again',
  startFailed: 'Carousel could not start.',

  images: 'Disk images',
  manifests: 'Manifests',
  allFiles: 'All files',
};

export type Texts = typeof en;

const de: Texts = {
  closeQuestion: 'Es läuft eine Kopie. Carousel schließen?',
  closeDetail:
    'Die Kopie läuft ohne dieses Fenster bis zum Ende weiter. Öffnen Sie Carousel wieder, um sie zu sehen. Lassen Sie die Laufwerke so lange angeschlossen.',
  closeNetwork:
    'Kopien von einer Quelle dieses Rechners auf eigene Laufwerke laufen ohne dieses Fenster weiter. Was an andere Rechner geht oder von einem kommt, endet mit diesem Programm: Laufwerke, die bis dahin nicht fertig sind, bleiben unvollständig.',
  stayOpen: 'Offen lassen',
  closeAnyway: 'Schließen, weiter kopieren',

  failedTargets: (n, all) => `Fehlgeschlagen: ${String(n)} von ${String(all)}`,
  stoppedTargets: (n, all) => `Angehalten: ${String(n)} von ${String(all)}`,
  unverifiedTargets: (n, all) => `Kopiert, nicht geprüft: ${String(n)} von ${String(all)}`,
  verifiedTargets: (n, all) => `Kopiert und geprüft: ${String(n)} von ${String(all)}`,
  stationsElsewhere: 'Stationen eines anderen Programms: wie sie endeten, ist nur dort bekannt',
  sourceFailed: 'Die Quelle konnte nicht bis zum Ende gelesen werden',
  noTargets: 'Eine Kopie endete ohne Ziel',
  fromSource: (source) => `Quelle: ${source}`,

  file: 'Datei',
  quit: 'Beenden',
  edit: 'Bearbeiten',
  undo: 'Rückgängig',
  redo: 'Wiederholen',
  cut: 'Ausschneiden',
  copy: 'Kopieren',
  paste: 'Einfügen',
  selectAll: 'Alles auswählen',
  view: 'Ansicht',
  zoomIn: 'Vergrößern',
  zoomOut: 'Verkleinern',
  zoomReset: 'Originalgröße',
  fullScreen: 'Vollbild',
  reload: 'Neu laden',
  devTools: 'Entwicklerwerkzeuge',
  help: 'Hilfe',
  notices: 'Hinweise zu Drittsoftware',
  about: 'Über Carousel',
  hide: 'Carousel ausblenden',

  aboutDetail: (version, electron) =>
    `Version ${version}\nKopiert ein Laufwerk auf viele zugleich.\nApache-Lizenz 2.0. Auf Grundlage von Electron ${electron}.`,
  ok: 'OK',
  noticesMissing: 'Die Hinweise konnten nicht geöffnet werden.',

  pageGone: 'Das Fenster reagiert nicht mehr.',
  pageGoneDetail: 'Laufende Kopien sind nicht betroffen. Soll das Fenster wieder geöffnet werden?',
  reopen: 'Wieder öffnen',
  startFailed: 'Carousel konnte nicht starten.',

  images: 'Datenträgerabbilder',
  manifests: 'Manifeste',
  allFiles: 'Alle Dateien',
};

const ar: Texts = {
  closeQuestion: 'هناك نسخ جارٍ. هل تريد إغلاق Carousel؟',
  closeDetail:
    'يستمر النسخ حتى نهايته من دون هذه النافذة. افتح Carousel مرة أخرى لمتابعته، وأبقِ الأقراص موصولة إلى ذلك الحين.',
  closeNetwork:
    'النسخ من مصدر على هذا الحاسوب إلى أقراصه يستمر من دون هذه النافذة. أما ما يذهب إلى حواسيب أخرى أو يأتي من أحدها ينتهي بانتهاء هذا البرنامج: ما لم يكتمل من الأقراص حتى ذلك الحين يبقى ناقصًا.',
  stayOpen: 'إبقاؤه مفتوحًا',
  closeAnyway: 'إغلاق مع استمرار النسخ',

  failedTargets: (n, all) => `فشل: ${String(n)} من ${String(all)}`,
  stoppedTargets: (n, all) => `أُوقِف: ${String(n)} من ${String(all)}`,
  unverifiedTargets: (n, all) => `نُسخ ولم يُتحقَّق منه: ${String(n)} من ${String(all)}`,
  verifiedTargets: (n, all) => `نُسخ وتُحقِّق منه: ${String(n)} من ${String(all)}`,
  stationsElsewhere: 'محطات برنامج آخر: كيف انتهت لا يُعرف إلا هناك',
  sourceFailed: 'تعذّرت قراءة المصدر حتى نهايته',
  noTargets: 'انتهى النسخ من دون هدف',
  fromSource: (source) => `المصدر: ${source}`,

  file: 'ملف',
  quit: 'إنهاء',
  edit: 'تحرير',
  undo: 'تراجع',
  redo: 'إعادة',
  cut: 'قص',
  copy: 'نسخ',
  paste: 'لصق',
  selectAll: 'تحديد الكل',
  view: 'عرض',
  zoomIn: 'تكبير',
  zoomOut: 'تصغير',
  zoomReset: 'الحجم الأصلي',
  fullScreen: 'ملء الشاشة',
  reload: 'إعادة التحميل',
  devTools: 'أدوات المطوّر',
  help: 'مساعدة',
  notices: 'إشعارات برامج الأطراف الأخرى',
  about: 'حول Carousel',
  hide: 'إخفاء Carousel',

  aboutDetail: (version, electron) =>
    `الإصدار ${version}\nينسخ قرصًا واحدًا إلى أقراص كثيرة في آن واحد.\nرخصة Apache 2.0. مبني على Electron ${electron}.`,
  ok: 'حسنًا',
  noticesMissing: 'تعذّر فتح الإشعارات.',

  pageGone: 'توقفت النافذة عن العمل.',
  pageGoneDetail: 'لم تتأثر عمليات النسخ الجارية. هل تُفتح النافذة من جديد؟',
  reopen: 'فتح من جديد',
  startFailed: 'تعذّر بدء Carousel.',

  images: 'صور أقراص',
  manifests: 'ملفات البيان',
  allFiles: 'كل الملفات',
};

/** Every language the shell has; the page has the same. */
export const languages: Readonly<Record<string, Texts>> = { en, de, ar };

/** The texts for a setting (`system` or a language tag) on a system that prefers these languages. English if none fits. */
export function textsFor(setting: string, preferred: readonly string[]): Texts {
  const wanted = setting === 'system' ? preferred : [setting];
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (Object.hasOwn(languages, language)) return languages[language] ?? en;
  }
  return en;
}
