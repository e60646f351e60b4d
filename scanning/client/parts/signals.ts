/** What an ear and a hand notice without looking: one figure of tones and one of buzzes for each verdict. */

type Verdict = "go" | "check" | "stop";

interface Tone {
  hertz: number;
  at: number;
  seconds: number;
  shape: OscillatorType;
}

const TONES: Record<Verdict, Tone[]> = {
  go: [
    { hertz: 880, at: 0, seconds: 0.09, shape: "sine" },
    { hertz: 1320, at: 0.1, seconds: 0.14, shape: "sine" },
  ],
  check: [
    { hertz: 620, at: 0, seconds: 0.12, shape: "triangle" },
    { hertz: 620, at: 0.2, seconds: 0.12, shape: "triangle" },
  ],
  stop: [{ hertz: 150, at: 0, seconds: 0.7, shape: "sawtooth" }],
};

const BUZZES: Record<Verdict, number[]> = { go: [60], check: [80, 80, 80], stop: [120, 60, 120, 60, 120] };

export class Signals {
  private audio: AudioContext | null = null;
  isMuted = false;

  /** Browsers allow sound only after a tap: called from the first one. */
  unlock(): void {
    this.audio ??= new AudioContext();
    void this.audio.resume();
  }

  give(verdict: Verdict): void {
    navigator.vibrate?.(BUZZES[verdict]);
    if (this.isMuted || !this.audio) return;
    for (const tone of TONES[verdict]) this.play(this.audio, tone);
  }

  private play(audio: AudioContext, tone: Tone): void {
    const begin = audio.currentTime + tone.at;
    const [source, volume] = [audio.createOscillator(), audio.createGain()];
    source.type = tone.shape;
    source.frequency.value = tone.hertz;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.6, begin + 0.01);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + tone.seconds);
    source.connect(volume).connect(audio.destination);
    source.start(begin);
    source.stop(begin + tone.seconds + 0.02);
  }
}
