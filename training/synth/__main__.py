from rtlwright.training.synth.cli import main

main()
