/** Two short tones, made rather than loaded. Browsers stay silent until the person has done something on the page. */

export type Sound = 'good' | 'bad';

const notes: Record<Sound, readonly number[]> = { good: [659, 988], bad: [233, 196] };
const noteSeconds = 0.16;
const loudness = 0.12;

/** Plays a sound; the first call makes the instrument. */
export function createSounds(): (sound: Sound) => void {
  let context: AudioContext | null = null;
  return (sound) => {
    if (!navigator.userActivation?.hasBeenActive) return;
    context ??= new AudioContext();
    const begin = context.currentTime;
    for (const [index, pitch] of notes[sound].entries()) {
      const at = begin + index * noteSeconds;
      const tone = new OscillatorNode(context, { frequency: pitch, type: 'sine' });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(loudness, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, at + noteSeconds * 2);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + noteSeconds * 2);
    }
  };
}
