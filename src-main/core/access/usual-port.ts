/** Where Carousel listens when nobody says otherwise. */
export const usualPort = 8643;
