// What went wrong, in words: what happened, where, compared with whom, what to do (codes stay visible for support).

import type { TargetState } from '@contract/helper-messages.ts';
import type { CliErrorCode } from '../exit-codes.ts';

/** The word for a state; the same in every output. */
export const stateWord: Readonly<Record<TargetState, string>> = {
  waiting: 'WAITING',
  copying: 'COPY',
  aside: 'CATCH-UP',
  flushing: 'FLUSH',
  verifying: 'VERIFY',
  healing: 'HEAL',
  done: 'DONE',
  verified: 'VERIFIED',
  sampled: 'SAMPLED',
  failed: 'FAILED',
  removed: 'REMOVED',
  cancelled: 'STOPPED',
  refused: 'REFUSED',
};

/** What happened and what to do about it. `happened` follows the path in a sentence. */
export interface ErrorWords {
  readonly happened: string;
  readonly advice: string;
}

const AGAIN = 'Run the same command again for this one.';

const words: Readonly<Record<CliErrorCode, ErrorWords>> = {
  'not-approved': {
    happened: 'would be overwritten, and nobody has agreed to that',
    advice: 'Add --yes if its content may be lost; drives that need more than that: carousel approve.',
  },
  'other-than-approved': {
    happened: 'is not, or does not hold any more, what was approved',
    advice: 'Look at what is plugged in and approve it again. Nothing was written to it.',
  },
  'unsteady-drive': {
    happened: 'reads differently each time, so nobody can tell what is on it',
    advice: 'Try another port or reader; if that does not help, bin it. Nothing was written to it.',
  },
  'protected-drive': {
    happened: 'is on the list of protected drives',
    advice:
      'It is never written to; the lists are the protected drives of the app (Settings) and /etc/carousel/protected.',
  },
  'protection-not-known': {
    happened: 'may be protected: a list of protected drives cannot be read',
    advice:
      'Nothing was written. The lists are the settings of the app and /etc/carousel/protected: mend or rename the one that is damaged.',
  },
  'system-disk': {
    happened: 'is used by the running system',
    advice: 'It is never written to; choose another drive.',
  },
  mounted: { happened: 'holds a file system that is mounted', advice: 'Unmount it, then try again.' },
  'in-use': {
    happened: 'is in use by another program or stacked under another device',
    advice: 'Close what uses it, then try again.',
  },
  partition: { happened: 'is a partition', advice: 'Give the whole drive.' },
  'is-source': { happened: 'is the source itself', advice: 'Choose another target.' },
  'holds-source': { happened: 'holds the source image', advice: 'Choose another target.' },
  'holds-files': {
    happened: 'holds a report, the record or the settings of this program',
    advice: 'Choose another target, or have these files elsewhere.',
  },
  'source-of-other-job': {
    happened: 'is being read by another running copy',
    advice: 'Wait until that one is over.',
  },
  'duplicate-target': { happened: 'is a target of this copy already', advice: 'Name each drive once.' },
  'too-small': { happened: 'is smaller than the source', advice: 'Use a larger drive.' },
  'read-only': {
    happened: 'is write-protected',
    advice: 'Look for a switch on the drive, or use another one.',
  },
  'not-found': { happened: 'is not there', advice: 'Check the path; "carousel list" shows the drives.' },
  'not-a-drive': { happened: 'is neither a drive nor an ordinary file', advice: 'Check the path.' },
  'empty-source': { happened: 'is empty', advice: 'Choose another source.' },
  'changed-device': {
    happened: 'is not the drive that was checked a moment ago',
    advice: 'Look at what is plugged in, then try again.',
  },
  'no-permission': {
    happened: 'may not be opened by this user',
    advice: 'Run it as a user who may (for real drives often: sudo).',
  },
  'other-user': {
    happened: 'is being copied by another user',
    advice: 'Join as that user, or wait until it is over.',
  },
  'no-space': {
    happened: 'found no room left for the image file',
    advice: 'Free some space or use another folder.',
  },
  'write-error': {
    happened: 'stopped taking data',
    advice: 'Try another port; if it fails at the same place again, bin it.',
  },
  'read-error': {
    happened: 'could not be read back',
    advice: 'Try another port; if it fails at the same place again, bin it.',
  },
  'flush-error': {
    happened: 'could not make its data durable',
    advice: 'Its content cannot be trusted. Try another port, or bin it.',
  },
  'device-gone': { happened: 'was pulled out', advice: 'Plug it in again. ' + AGAIN },
  hung: { happened: 'gave no answer for too long', advice: 'Pull it, try another port or hub. ' + AGAIN },
  'verify-mismatch': {
    happened: 'gives back other data than was written',
    advice: 'It is likely fake or worn: bin it.',
  },
  'consumer-died': { happened: 'lost the process that wrote it', advice: AGAIN },
  'producer-died': {
    happened: 'lost its source: the process that reads it ended unexpectedly',
    advice: AGAIN,
  },
  'helper-died': { happened: 'was left when carousel-helper ended unexpectedly', advice: AGAIN },
  'job-ending': { happened: 'came when the copy was ending', advice: AGAIN },
  'too-many-targets': { happened: 'found no room on this copy', advice: 'Start it when others are done.' },
  'no-such-target': { happened: 'is not part of this copy', advice: '' },
  'source-error': {
    happened: 'could not be read',
    advice: 'Check its cable and port; --on-read-error skip copies the rest.',
  },
  'source-gone': { happened: 'was pulled out', advice: 'Plug it in again and start over.' },
  'source-changed': {
    happened: 'read differently the second time',
    advice: 'It is failing or being written to; unmount it or test it.',
  },
  'source-written': {
    happened: 'was written to while it was read',
    advice: 'Let nothing write to it and start over; use none of these copies.',
  },
  'ring-broken': {
    happened: 'was stopped: the shared buffer held something wrong',
    advice: 'Please report this. ' + AGAIN,
  },
  'feed-ended': {
    happened: 'was left unfinished: the first node has ended the job, or cannot be reached any more',
    advice: 'Start the station again with --resume while the first node still copies.',
  },
  'feed-damaged': {
    happened: 'was left unfinished: what came over the network is not what the first node sent',
    advice: 'Please report this. ' + AGAIN,
  },
  'manifest-damaged': {
    happened: 'cannot be compared: the manifest is damaged or is none',
    advice: 'Use another copy of the manifest, or make one with a new copy.',
  },
  'manifest-not-written': {
    happened: 'could not be written',
    advice: 'Choose a free name in a folder with room.',
  },
  'no-memory': { happened: 'found not enough memory for the buffer', advice: 'Use fewer --slots.' },
  protocol: {
    happened: 'was stopped: the two halves of Carousel misunderstood each other',
    advice: 'Please report this.',
  },
  'version-mismatch': {
    happened: 'was stopped: the two halves of Carousel are of different versions',
    advice: 'Install or build both anew.',
  },
  'bad-option': {
    happened: 'was not begun: an option is out of its range',
    advice: 'See "carousel copy --help".',
  },
  internal: { happened: 'was stopped by a mistake in Carousel', advice: 'Please report this.' },
};

/** The words for a code. */
export function errorWords(code: CliErrorCode): ErrorWords {
  return words[code];
}
