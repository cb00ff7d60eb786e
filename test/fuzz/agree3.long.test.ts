import { agreeOn } from './agree.ts';

agreeOn(3, 600);
