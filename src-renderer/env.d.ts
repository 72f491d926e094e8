/** What the preload script of the desktop window gives to the page. */
interface CarouselBridge {
  /** Sends one message to the core. */
  post(text: string): void;
  /** Sets the one receiver of messages from the core. */
  on(receive: (text: string) => void): void;
}

interface Window {
  readonly carouselBridge?: CarouselBridge;
}
